package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import hudson.AbortException;
import io.modeltoecs.engine.options.Arguments;
import io.modeltoecs.engine.options.BuildOptions;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.PromoteOptions;
import io.modeltoecs.engine.options.PublishOptions;
import io.modeltoecs.engine.options.RollbackEcsOptions;
import io.modeltoecs.engine.options.RollbackModelOptions;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/** The steps' setters, forms and help pages against the engine's options. */
class StepParametersTest {

    record Case(
            Class<? extends ParameterizedStep> step,
            Class<? extends Record> options,
            ParameterizedStepDescriptor descriptor) {
        @Override
        public String toString() {
            return descriptor.getFunctionName();
        }

        List<String> parameters() {
            return Arguments.namesOf(options);
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(
                        TrainAndPublishModelStep.class,
                        PublishOptions.class,
                        new TrainAndPublishModelStep.DescriptorImpl()),
                new Case(
                        BuildServingImageStep.class,
                        BuildOptions.class,
                        new BuildServingImageStep.DescriptorImpl()),
                new Case(
                        DeployToEcsStep.class,
                        DeployOptions.class,
                        new DeployToEcsStep.DescriptorImpl()),
                new Case(
                        PromoteModelStep.class,
                        PromoteOptions.class,
                        new PromoteModelStep.DescriptorImpl()),
                new Case(
                        RollbackModelStep.class,
                        RollbackModelOptions.class,
                        new RollbackModelStep.DescriptorImpl()),
                new Case(
                        RollbackEcsStep.class,
                        RollbackEcsOptions.class,
                        new RollbackEcsStep.DescriptorImpl()));
    }

    private static Map<String, Method> setters(Class<?> step) {
        return Arrays.stream(step.getMethods())
                .filter(method -> method.isAnnotationPresent(DataBoundSetter.class))
                .collect(Collectors.toMap(StepParametersTest::property, method -> method));
    }

    private static String property(Method setter) {
        String name = setter.getName().substring("set".length());
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyParameterOfTheEngineHasASetterAndNoOtherHas(Case step) {
        assertThat(setters(step.step()).keySet())
                .containsExactlyInAnyOrderElementsOf(step.parameters());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void noParameterIsRequiredByTheConstructor(Case step) {
        assertThat(step.step().getConstructors())
                .singleElement()
                .satisfies(
                        constructor -> {
                            assertThat(constructor.getParameterCount()).isZero();
                            assertThat(constructor.isAnnotationPresent(DataBoundConstructor.class))
                                    .isTrue();
                        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatASetterTakesItsGetterReturnsAndTheExecutionIsGiven(Case step) throws Exception {
        for (Map.Entry<String, Method> setter : setters(step.step()).entrySet()) {
            ParameterizedStep instance = step.step().getConstructor().newInstance();
            Object value = sample(setter.getValue().getParameterTypes()[0]);
            setter.getValue().invoke(instance, value);
            Method getter =
                    step.step()
                            .getMethod(setter.getValue().getName().replaceFirst("^set", "get"));
            assertThat(getter.invoke(instance)).isEqualTo(value);
            assertThat(instance.given()).isEqualTo(Map.of(setter.getKey(), value));
        }
    }

    private static Object sample(Class<?> type) {
        if (type == Integer.class) {
            return 7;
        }
        if (type == Boolean.class) {
            return false;
        }
        if (type == Map.class) {
            return Map.of("name", "value");
        }
        if (type == List.class) {
            return List.of(Map.of("path", "/"));
        }
        assertThat(type).isIn(String.class, Object.class);
        return "text";
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyParameterHasAFieldInTheFormAndAHelpPage(Case step) throws Exception {
        String form =
                resource(step.step(), "config.jelly")
                        + resource(ParameterizedStep.class, "aws.jelly");
        for (String parameter : step.parameters()) {
            assertThat(form).contains("field=\"" + parameter + "\"");
            String page = "help-" + parameter + ".html";
            String help = resource(step.step(), page) + resource(ParameterizedStep.class, page);
            assertThat(help).as(page).hasSizeGreaterThan("<div></div>".length() + 10);
        }
        assertThat(resource(step.step(), "help.html")).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aFieldOfTheFormHoldsWhatItsParameterTakes(Case step) throws Exception {
        Matcher field =
                Pattern.compile("<m:(\\w+) title=\"[^\"]+\" field=\"(\\w+)\"")
                        .matcher(
                                resource(step.step(), "config.jelly")
                                        + resource(ParameterizedStep.class, "aws.jelly"));
        while (field.find()) {
            if (field.group(1).equals("lines")) {
                Method setter = setters(step.step()).get(field.group(2));
                assertThat(setter.getParameterTypes()[0]).as("one of several lines: " + field.group(2)).isEqualTo(Object.class);
            } else if (field.group(1).equals("credentials")) {
                String name = field.group(2);
                assertThat(step.descriptor().getClass().getMethods())
                        .extracting(Method::getName)
                        .contains(
                                "doFill%s%sItems"
                                        .formatted(
                                                name.substring(0, 1).toUpperCase(Locale.ROOT),
                                                name.substring(1)));
            }
        }
    }

    private static String resource(Class<?> type, String name) throws Exception {
        String path = "/" + type.getName().replace('.', '/') + "/" + name;
        try (InputStream in = type.getResourceAsStream(path)) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** What is wrong with a value says the engine, not a failed conversion. */
    @ParameterizedTest
    @MethodSource("cases")
    void theArgumentsOfACallAreTakenAsTheyAre(Case step) throws Exception {
        for (String parameter : step.parameters()) {
            for (Object value : List.of("text", 7, true, List.of("a"), Map.of("a", "b"))) {
                Map<String, Object> arguments = Map.of(parameter, value);
                ParameterizedStep made =
                        (ParameterizedStep) step.descriptor().newInstance(arguments);
                assertThat(made).isInstanceOf(step.step());
                assertThat(made.given()).isEqualTo(arguments);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void anUnknownParameterIsRefusedNamingTheNearest(Case step) {
        assertThatThrownBy(() -> step.descriptor().newInstance(Map.of("bukcet", "models")))
                .isInstanceOf(AbortException.class)
                .hasMessage(
                        step.descriptor().getFunctionName()
                                + ": no parameter 'bukcet'; did you mean 'bucket'?");
    }
}
