package io.jenkins.plugins.modeltoecs;

import static org.assertj.core.api.Assertions.assertThat;

import io.modeltoecs.engine.options.Arguments;
import io.modeltoecs.engine.options.DeployOptions;
import io.modeltoecs.engine.options.PublishOptions;
import java.util.List;
import java.util.Map;
import net.sf.json.JSONObject;
import org.junit.jupiter.api.Test;

/** Submitted forms become the arguments that a Jenkinsfile would have. */
class FormArgumentsTest {

    private static Map<String, Object> train(String json) {
        return new FormArguments(
                        Arguments.namesOf(PublishOptions.class), TrainAndPublishModelStep.class)
                .read(JSONObject.fromObject(json));
    }

    private static Map<String, Object> deploy(String json) {
        return new FormArguments(Arguments.namesOf(DeployOptions.class), DeployToEcsStep.class)
                .read(JSONObject.fromObject(json));
    }

    @Test
    void emptyFieldsAndFieldsOfTheFormItselfAreNoArguments() {
        assertThat(train("{'stapler-class':'x','name':'iris','train':' ','params':[]}"))
                .isEqualTo(Map.of("name", "iris"));
    }

    @Test
    void rowsAreAMapWhetherOneOrSeveral() {
        assertThat(train("{'params':{'name':'C','value':'1.0'}}"))
                .isEqualTo(Map.of("params", Map.of("C", "1.0")));
        assertThat(train("{'tags':[{'name':'a','value':'1'},{'name':' ','value':'2'}]}"))
                .isEqualTo(Map.of("tags", Map.of("a", "1")));
    }

    @Test
    void aTextAreaHasAnItemPerLine() {
        assertThat(train("{'alias':'latest\\nproduction\\n','gates':'accuracy >= 0.9'}"))
                .isEqualTo(
                        Map.of(
                                "alias",
                                List.of("latest", "production"),
                                "gates",
                                "accuracy >= 0.9"));
    }

    @Test
    void aGroupOfFieldsIsAMapOfThem() {
        assertThat(train("{'scan':{'allow':'a.b.*\\nc.D'}}"))
                .isEqualTo(Map.of("scan", Map.of("allow", List.of("a.b.*", "c.D"))));
        assertThat(train("{'scan':{'allow':''}}")).isEmpty();
        assertThat(deploy("{'runTask':{'command':'python migrate.py','container':''}}"))
                .isEqualTo(Map.of("runTask", Map.of("command", "python migrate.py")));
    }

    @Test
    void flagsAreSetOnlyWhereTheyWereChosen() {
        assertThat(deploy("{'pinModel':'','rollback':'false','force':'true'}"))
                .isEqualTo(Map.of("rollback", false, "force", true));
    }

    @Test
    void rowsOfSeveralFieldsAreAListOfMaps() {
        assertThat(deploy("{'verify':{'path':'/readyz','status':'200','url':''}}"))
                .isEqualTo(Map.of("verify", List.of(Map.of("path", "/readyz", "status", "200"))));
    }

    @Test
    void aGroupMayHoldRowsOfItsOwn() {
        assertThat(deploy("{'runTask':{'command':'x','env':{'name':'A','value':'1'}}}"))
                .isEqualTo(Map.of("runTask", Map.of("command", "x", "env", Map.of("A", "1"))));
        assertThat(
                        deploy(
                                "{'verify':{'path':'/','headers':[{'name':'X-Key','value':'a'},{'name':'','value':''}]}}"))
                .isEqualTo(
                        Map.of(
                                "verify",
                                List.of(Map.of("path", "/", "headers", Map.of("X-Key", "a")))));
        assertThat(deploy("{'runTask':{'command':'x','env':[]}}"))
                .isEqualTo(Map.of("runTask", Map.of("command", "x")));
    }
}
