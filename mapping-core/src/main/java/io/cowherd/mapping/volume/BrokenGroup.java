package io.cowherd.mapping.volume;

/// A volume group that could not be opened, and is out of service until the next start. Nothing in its folder is changed.
///
/// @param name the group's, as its folder is called
/// @param cause one sentence naming file, place, found and expected, and what to put right
/// @param correction one sentence saying what to do after that
public record BrokenGroup(String name, String cause, String correction) {}
