package io.modeltoecs.cloud.api;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Answers HTTP requests. */
@FunctionalInterface
public interface HttpService {

    void serve(HttpServletRequest request, HttpServletResponse response) throws IOException;
}
