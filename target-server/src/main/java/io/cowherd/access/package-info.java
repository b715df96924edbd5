/// The rules about hosts as the server lives by them: read, kept, changed, and asked at every login.
///
/// Terms as in [io.cowherd.config.access]; the *rule book* is the file they are in. Logins ask on event loops and read an
/// immutable snapshot; changes are made on threads that may block, one at a time.
@NullMarked
package io.cowherd.access;

import org.jspecify.annotations.NullMarked;
