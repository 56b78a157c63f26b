package io.modeltoecs.cloud.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modeltoecs.cloud.api.AwsError;
import io.modeltoecs.cloud.api.HttpService;
import io.modeltoecs.cloud.state.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What AWS has no API for, under {@code /_local/}: faults, the findings of image scans, and what
 * load balancers counted. For programs on this machine alone: it answers on loopback, and not to
 * web pages.
 */
public final class AdminApi implements HttpService {
    public static final String PATH = "/_local/";

    private static final String FAULTS = PATH + "faults";
    private static final String SCANS = PATH + "scan-findings";
    private static final String BALANCERS = PATH + "load-balancers";

    private final Faults faults;
    private final UnaryOperator<ObjectNode> scans;
    private final Supplier<JsonNode> balancers;

    /**
     * The endpoint.
     *
     * @param scans sets the findings of an image, and gives them back
     * @param balancers gives what listeners counted
     */
    public AdminApi(Faults faults, UnaryOperator<ObjectNode> scans, Supplier<JsonNode> balancers) {
        this.balancers = balancers;
        this.faults = faults;
        this.scans = scans;
    }

    @Override
    public void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        int status = HttpServletResponse.SC_OK;
        JsonNode answer;
        try {
            allow(request);
            answer = answer(request);
        } catch (AwsError e) {
            status = e.status();
            answer = Json.object().put("error", e.code()).put("message", e.getMessage());
        }
        byte[] body = Json.bytes(answer);
        response.setStatus(status);
        response.setContentType("application/json");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private static void allow(HttpServletRequest request) throws IOException {
        boolean here =
                InetAddress.getByName(request.getRemoteAddr()).isLoopbackAddress()
                        && InetAddress.getByName(request.getLocalAddr()).isLoopbackAddress();
        if (!here || request.getHeader("Origin") != null) {
            throw AwsError.of(
                    HttpServletResponse.SC_FORBIDDEN,
                    "Forbidden",
                    PATH + " is for programs on this machine");
        }
    }

    private JsonNode answer(HttpServletRequest request) throws IOException {
        String path = request.getRequestURI();
        String what = request.getMethod() + " " + path;
        if (what.equals("GET " + FAULTS)) {
            return faults.list();
        }
        if (what.equals("POST " + FAULTS)) {
            return faults.add(body(request));
        }
        if (what.equals("DELETE " + FAULTS)) {
            faults.clear();
            return Json.object();
        }
        if (what.startsWith("DELETE " + FAULTS + "/")
                && faults.remove(path.substring(FAULTS.length() + 1))) {
            return Json.object();
        }
        if (what.equals("POST " + SCANS)) {
            return scans.apply(body(request));
        }
        if (what.equals("GET " + BALANCERS)) {
            return balancers.get();
        }
        throw AwsError.of(HttpServletResponse.SC_NOT_FOUND, "NotFound", "There is no " + what);
    }

    private static ObjectNode body(HttpServletRequest request) throws IOException {
        try {
            byte[] bytes = request.getInputStream().readAllBytes();
            return (ObjectNode) Json.MAPPER.readTree(bytes);
        } catch (JsonProcessingException | ClassCastException e) {
            throw AwsError.of("InvalidRequest", "The request is not a JSON object.");
        }
    }
}
