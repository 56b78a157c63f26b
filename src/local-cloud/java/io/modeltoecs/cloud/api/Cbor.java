package io.modeltoecs.cloud.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;

/** The RPC protocol that AWS's newer clients use for some services: JSON's data in CBOR. */
final class Cbor {
    static final ObjectMapper MAPPER = new CBORMapper();

    private Cbor() {}
}
