/// Who may log in to what: what an operator writes about hosts, and its validation.
///
/// Terms: a *grant* is one line of an access list (which host, from where, sees which LUNs of which target), a *CHAP account* a
/// name with a secret, a *redirect* sends hosts of a target to another portal. Values only; secrets are named by their files.
@NullMarked
package io.cowherd.config.access;

import org.jspecify.annotations.NullMarked;
