/// Who owns a family of volumes, and how that changes. The only place for Hazelcast. A single node owns everything and needs none of it.
@org.jspecify.annotations.NullMarked
package io.cowherd.cluster;
