package io.modeltoecs.cloud.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.faults.AdminApi;
import io.modeltoecs.cloud.faults.CallFault;
import io.modeltoecs.cloud.faults.Faults;
import io.modeltoecs.cloud.faults.S3Operation;
import io.modeltoecs.cloud.state.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one endpoint of all APIs. A request with {@code X-Amz-Target} is AWS JSON, one with {@code
 * smithy-protocol} the same in CBOR, a form posted to the root is the query protocol, the task
 * metadata and what AWS has no API for have their own paths, and all else is S3.
 */
public final class Front implements HttpService {
    private static final Logger LOG = LoggerFactory.getLogger(Front.class);
    private static final String JSON = "application/x-amz-json-1.1";
    private static final String CBOR = "application/cbor";
    private static final String CBOR_PROTOCOL = "rpc-v2-cbor";

    private final Keys keys;
    private final Map<String, JsonApi> jsonApis;
    private final Map<String, QueryApi> queryApis;
    private final HttpService metadata;
    private final HttpService s3;
    private final Faults faults;
    private final HttpService admin;

    public Front(
            Keys keys,
            List<JsonApi> jsonApis,
            List<QueryApi> queryApis,
            HttpService metadata,
            HttpService s3,
            Faults faults,
            HttpService admin) {
        this.keys = keys;
        this.jsonApis = byName(jsonApis, JsonApi::target);
        this.queryApis = byName(queryApis, QueryApi::signingName);
        this.metadata = metadata;
        this.s3 = s3;
        this.faults = faults;
        this.admin = admin;
    }

    private static <A> Map<String, A> byName(List<A> apis, Function<A, String> name) {
        return apis.stream().collect(Collectors.toUnmodifiableMap(name, a -> a));
    }

    @Override
    public void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String target = request.getHeader("X-Amz-Target");
        String type = String.valueOf(request.getContentType());
        if (request.getRequestURI().startsWith(AdminApi.PATH)) {
            admin.serve(request, response);
        } else if (target != null) {
            json(request, response, target, JSON, Json.MAPPER);
        } else if (CBOR_PROTOCOL.equals(request.getHeader("smithy-protocol"))) {
            // /service/<target>/operation/<action>
            String[] path = request.getRequestURI().split("/");
            String named = path.length == 5 ? path[2] + "." + path[4] : request.getRequestURI();
            response.setHeader("smithy-protocol", CBOR_PROTOCOL);
            json(request, response, named, CBOR, Cbor.MAPPER);
        } else if (request.getMethod().equals("POST")
                && type.startsWith("application/x-www-form-urlencoded")) {
            query(request, response);
        } else if (request.getRequestURI().startsWith("/v4/")) {
            metadata.serve(request, response);
        } else {
            s3(request, response);
        }
    }

    private void json(
            HttpServletRequest request,
            HttpServletResponse response,
            String target,
            String type,
            ObjectMapper format)
            throws IOException {
        int status = HttpServletResponse.SC_OK;
        // A body that nobody reads would end the connection.
        byte[] body = request.getInputStream().readAllBytes();
        JsonNode answer;
        try {
            String service = keys.check(request).service();
            JsonApi.Action action = action(target);
            CallFault fault = faults.call(service, target.substring(target.indexOf('.') + 1));
            fault.before();
            answer = action.run(object(body, format));
            fault.after();
        } catch (AwsError e) {
            status = e.status();
            ObjectNode error = Json.object().put("__type", e.code()).put("message", e.getMessage());
            e.members().forEach(error::putPOJO);
            answer = error;
        } catch (RuntimeException e) {
            LOG.error("{} failed", target, e);
            status = HttpServletResponse.SC_INTERNAL_SERVER_ERROR;
            answer = Json.object().put("__type", "ServerException").put("message", e.toString());
        }
        send(response, status, type, format.writeValueAsBytes(answer));
    }

    private JsonApi.Action action(String target) {
        int dot = target.indexOf('.');
        JsonApi api = jsonApis.get(target.substring(0, Math.max(dot, 0)));
        JsonApi.Action action = api == null ? null : api.actions().get(target.substring(dot + 1));
        if (action == null) {
            throw AwsError.of(
                    "UnknownOperationException",
                    "The local cloud has no operation " + target + ".");
        }
        return action;
    }

    private static ObjectNode object(byte[] body, ObjectMapper format) throws IOException {
        try {
            return body.length == 0 ? Json.object() : (ObjectNode) format.readTree(body);
        } catch (JsonProcessingException | ClassCastException e) {
            throw AwsError.of("SerializationException", "The request is not a JSON object.");
        }
    }

    private void query(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        QueryParameters in = new QueryParameters(form(request));
        String name = in.get("Action").orElse("");
        QueryApi.Dialect dialect = QueryApi.Dialect.QUERY;
        String namespace = "";
        String requestId = UUID.randomUUID().toString();
        int status = HttpServletResponse.SC_OK;
        String answer;
        try {
            String service = keys.check(request).service();
            QueryApi api = queryApis.get(service);
            dialect = api == null ? dialect : api.dialect();
            QueryApi.Action action = api == null ? null : api.actions().get(name);
            if (action == null) {
                throw AwsError.of(
                        "InvalidAction",
                        "The local cloud has no operation " + name + " of " + service + ".");
            }
            namespace = api.namespace();
            CallFault fault = faults.call(service, name);
            fault.before();
            Map<String, ?> result = action.run(in);
            fault.after();
            answer =
                    Xml.document(
                            name + "Response",
                            namespace,
                            dialect.answer(name, result, requestId),
                            dialect.listItem());
        } catch (AwsError e) {
            status = e.status();
            answer =
                    dialect == QueryApi.Dialect.EC2
                            ? ec2Error(e, requestId)
                            : queryError(namespace, "Sender", e.code(), e.getMessage(), requestId);
        } catch (RuntimeException e) {
            LOG.error("{} failed", name, e);
            status = HttpServletResponse.SC_INTERNAL_SERVER_ERROR;
            answer = queryError(namespace, "Receiver", "InternalFailure", e.toString(), requestId);
        }
        send(response, status, "text/xml", answer.getBytes(StandardCharsets.UTF_8));
    }

    private static String queryError(
            String namespace, String type, String code, String message, String requestId) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("Type", type);
        error.put("Code", code);
        error.put("Message", message);
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("Error", error);
        content.put("RequestId", requestId);
        return Xml.document("ErrorResponse", namespace, content);
    }

    private static String ec2Error(AwsError problem, String requestId) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("Code", problem.code());
        error.put("Message", problem.getMessage());
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("Errors", Map.of("Error", error));
        content.put("RequestID", requestId);
        return Xml.document("Response", "", content);
    }

    private static Map<String, String> form(HttpServletRequest request) throws IOException {
        String text = new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, String> form = new LinkedHashMap<>();
        for (String pair : text.split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                form.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
            }
        }
        return form;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private void s3(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            keys.check(request);
            // An answer is a stream that is under way: here a call fails before it is carried out.
            CallFault fault = faults.call("s3", S3Operation.of(request));
            fault.before();
            fault.after();
        } catch (AwsError e) {
            Map<String, Object> content = new LinkedHashMap<>();
            content.put("Code", e.code());
            content.put("Message", e.getMessage());
            byte[] body = Xml.document("Error", "", content).getBytes(StandardCharsets.UTF_8);
            // A client that is still sending would see a broken connection instead of the answer.
            request.getInputStream().transferTo(OutputStream.nullOutputStream());
            send(response, e.status(), "application/xml", body);
            return;
        }
        s3.serve(request, response);
    }

    private static void send(HttpServletResponse response, int status, String type, byte[] body)
            throws IOException {
        response.setStatus(status);
        response.setContentType(type);
        response.setHeader("x-amzn-RequestId", UUID.randomUUID().toString());
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
