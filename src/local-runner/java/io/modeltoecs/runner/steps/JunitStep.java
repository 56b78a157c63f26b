package io.modeltoecs.runner.steps;

import hudson.AbortException;
import io.modeltoecs.runner.step.Step;
import io.modeltoecs.runner.step.StepContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** {@code junit}: counts test cases in result files; a failed one makes the build unstable. */
final class JunitStep {
    private JunitStep() {}

    static List<Step> all() {
        return List.of(
                Step.onNode(
                        "junit",
                        JunitStep::run,
                        "testResults",
                        "allowEmptyResults",
                        "keepLongStdio",
                        "healthScaleFactor",
                        "skipPublishingChecks",
                        "skipMarkingBuildUnstable"));
    }

    private static Object run(StepContext context) throws Exception {
        String patterns = context.required("testResults");
        long total = 0;
        long failed = 0;
        long skipped = 0;
        for (Path file : FilePatterns.find(context.directory(), patterns, null)) {
            NodeList cases = cases(context.directory().resolve(file));
            for (int i = 0; i < cases.getLength(); i++) {
                Element test = (Element) cases.item(i);
                total++;
                if (has(test, "failure") || has(test, "error")) {
                    failed++;
                    context.say(
                            "FAILED %s.%s"
                                    .formatted(
                                            test.getAttribute("classname"),
                                            test.getAttribute("name")));
                } else if (has(test, "skipped")) {
                    skipped++;
                }
            }
        }
        if (total == 0 && !context.flag("allowEmptyResults")) {
            throw new AbortException("junit: no test results match '" + patterns + "'");
        }
        context.say("%d tests, %d failed, %d skipped".formatted(total, failed, skipped));
        if (failed > 0 && !context.flag("skipMarkingBuildUnstable")) {
            context.build().worsen("UNSTABLE");
        }
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("totalCount", total);
        summary.put("failCount", failed);
        summary.put("skipCount", skipped);
        summary.put("passCount", total - failed - skipped);
        return summary;
    }

    private static NodeList cases(Path file) throws IOException, ParserConfigurationException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        try {
            return factory.newDocumentBuilder()
                    .parse(file.toFile())
                    .getElementsByTagName("testcase");
        } catch (SAXException e) {
            throw new AbortException("junit: " + file + " isn't XML: " + e.getMessage());
        }
    }

    private static boolean has(Element test, String child) {
        return test.getElementsByTagName(child).getLength() > 0;
    }
}
