package io.modeltoecs.cloud.elb;

import io.modeltoecs.cloud.api.QueryParameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lists in pages of {@code PageSize}. A {@code Marker} is the index of the next element. */
final class Markers {
    private static final int MAX_PAGE = 400;

    private Markers() {}

    static Map<String, Object> page(String member, List<?> all, QueryParameters in) {
        int size = in.number("PageSize", MAX_PAGE, 1, MAX_PAGE);
        int from = Math.min(Math.max(in.number("Marker", 0), 0), all.size());
        int to = Math.min(all.size(), from + size);
        Map<String, Object> out = new LinkedHashMap<>();
        out.put(member, all.subList(from, to));
        if (to < all.size()) {
            out.put("NextMarker", to);
        }
        return out;
    }
}
