package io.cowherd.admission;

import java.util.LinkedHashMap;
import java.util.Map;

/// What is remembered of many, as far as there is room: what was not looked at for longest is forgotten.
///
/// **Threading.** *Confined to whoever holds its owner's lock.*
public final class BoundedMemory<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    private final int most;

    /// @param most entries, 1 or more
    public BoundedMemory(int most) {
        super(16, 0.75f, true);
        this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
    }
}
