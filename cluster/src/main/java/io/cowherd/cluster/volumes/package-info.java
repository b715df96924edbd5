/// The rules' `Storage` made of a data directory that nodes share.
///
/// Any thread may call; what blocks runs where `PoolStorage` is told. Serving is the server's business: `Service`.
@org.jspecify.annotations.NullMarked
package io.cowherd.cluster.volumes;
