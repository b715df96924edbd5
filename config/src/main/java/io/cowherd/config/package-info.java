/// What an operator writes: portals, limits, management; validated, with a name and a default for each number.
@org.jspecify.annotations.NullMarked
package io.cowherd.config;
