package understudy.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.Hardware;
import understudy.model.Hardware.Clock;
import understudy.model.Hardware.Devices;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.MacAddress;
import understudy.model.Policy;
import understudy.model.Problem;
import understudy.model.RestartLimit;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.WatchdogReaction;

class JsonTest {

    @Test
    void aVmSaysItsNamesAsPlainStringsAndWhatIsAbsentAsNull() {
        assertThat(Json.line(vm(Optional.empty()))).isEqualTo("""
                {"name":"web-1","id":"00000000-0000-0001-0000-000000000002","level":"system","policy":"balanced",\
                "state":"running","protected":true,"active":"h1","standby":null,"view":12,"memory":"512M","cpus":1,\
                "nics":["52:54:00:12:34:56"],"disks":[{"vm":"web-1","name":"disk0",\
                "id":"00000000-0000-0005-0000-000000000006","size":"10G","state":"in-sync","replicas":[{"host":"h1",\
                "id":"00000000-0000-0007-0000-000000000008","inSync":true,"fresh":false}],"reason":"","progress":null,"resync":{"paused":false,"limit":"50M",\
                "to":null,"full":false,"left":"0","copied":"0","bytesPerSecond":0,"secondsLeft":null},\
                "scrub":{"host":"h1","began":"2026-01-02T03:04:05Z","ended":null,"progress":0.0,"compared":false,\
                "corrupt":0,"peer":0,"differing":0,"unmended":0,"trouble":""}}],"hosts":["h1","h2"],"machine":"pc-q35-7.2","cpu":"qemu64","wanted":true,\
                "reason":"","movingTo":"h2","progress":0.5,"checkpoints":null,"care":{"restartLimit":"5/10m","onCrash":null,"watchdog":null,\
                "startOrder":100,"startDelaySeconds":0},"hardware":{"devices":"virtio","screen":false,"clock":"utc",\
                "hyperV":false,"cdrom":null}}""");
    }

    @Test
    void aDiskHasASizeOrAnImage() {
        String image = "ab".repeat(32);
        VmRequest wish = wish(
                "{'name':'a','level':'component','memory':'1G','disks':[{'size':'10G'},{'image':'" + image + "'}]}");
        assertThat(wish.disks())
                .containsExactly(
                        new Disk(Optional.of(ByteSize.parse("10G")), Optional.empty()),
                        new Disk(Optional.empty(), Optional.of(image)));
        assertThat(refusal("{'name':'a','level':'component','memory':'1G','disks':[{}]}"))
                .isEqualTo("bad-value disks[0]: a disk needs a size or an image");
        assertThat(refusal("{'name':'a','level':'component','memory':'1G','disks':[{'size':'1000'}]}"))
                .contains("whole sectors");
    }

    @Test
    void aVmIsReadAsItWasWritten() {
        VmStatus vm = vm(Optional.of(new Checkpoints(7, 240.5, 1.5, 4, 0.25, 56, 80_000, 2.5, 1, 0, 100, 3)));
        assertThat(Json.answer(Json.bytes(vm), VmStatus.class)).isEqualTo(vm);
    }

    @Test
    void anEventSaysItsTimeInIso8601() {
        Event event = new Event(
                3,
                Instant.parse("2026-11-22T16:00:00.250Z"),
                new HostName("h1"),
                Optional.empty(),
                "host-lost",
                Event.Severity.WARNING,
                "h2 is lost");
        assertThat(Json.line(event)).isEqualTo("""
                {"sequence":3,"time":"2026-11-22T16:00:00.250Z","host":"h1","vm":null,"kind":"host-lost",\
                "severity":"WARNING","text":"h2 is lost"}""");
        assertThat(Json.answer(Json.bytes(event), Event.class)).isEqualTo(event);
    }

    @Test
    void aWishNeedsNoMoreThanNameLevelAndMemory() {
        VmRequest wish = wish("{'name':'web-1','level':'system','memory':'512M'}");
        assertThat(wish.cpus()).isEqualTo(1);
        assertThat(wish.policy()).isEqualTo(Policy.BALANCED);
        assertThat(wish.nics()).isEmpty();
        assertThat(wish.hosts()).isEmpty();
        assertThat(wish.boot()).isEmpty();
        assertThat(wish.stopped()).isFalse();
        assertThat(wish(Json.line(wish))).isEqualTo(wish);
    }

    @Test
    void careIsSaidInPartsAndTheRestIsAsUsual() {
        assertThat(wish("{'name':'a','level':'system','memory':'1G'}").care()).isEqualTo(Care.DEFAULT);
        VmRequest wish = wish("{'name':'a','level':'system','memory':'1G','care':{'restartLimit':'3/1h',"
                + "'onCrash':'restart','watchdog':'stop','startOrder':5}}");
        assertThat(wish.care())
                .isEqualTo(Care.DEFAULT
                        .with(RestartLimit.parse("3/1h"))
                        .with(CrashReaction.RESTART)
                        .with(WatchdogReaction.STOP)
                        .starting(5, 0));
        assertThat(wish(Json.line(wish))).isEqualTo(wish);
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','care':{'restartLimit':'often'}}"))
                .isEqualTo("bad-value care.restartLimit: 'often' is no restart limit: as in 5/10m, or none");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','care':{'onCrash':'cry'}}"))
                .startsWith("bad-value care.onCrash: ");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','care':{'startOrder':-1}}"))
                .startsWith("bad-value care")
                .endsWith("start order -1: 0 to 9999");
    }

    @Test
    void hardwareIsSaidInPartsAndTheRestIsAsUsual() {
        assertThat(wish("{'name':'a','level':'system','memory':'1G'}").hardware())
                .isEqualTo(Hardware.DEFAULT);
        String image = "ab".repeat(32);
        VmRequest wish = wish("{'name':'a','level':'system','memory':'1G','hardware':{'devices':'emulated',"
                + "'screen':true,'clock':'local','cdrom':'" + image + "'}}");
        assertThat(wish.hardware())
                .isEqualTo(new Hardware(Devices.EMULATED, true, Clock.LOCAL, false, Optional.of(image)));
        assertThat(wish(Json.line(wish))).isEqualTo(wish);
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','hardware':{'devices':'scsi'}}"))
                .isEqualTo("bad-value hardware.devices: no 'scsi': one of virtio, emulated");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','hardware':{'cdrom':'setup.iso'}}"))
                .startsWith("bad-value");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','hardware':{'devices':'emulated'},'disks':["
                        + "{'size':'1G'},".repeat(5) + "{'size':'1G'}]}"))
                .isEqualTo("bad-value 6 disks: at most 5 where devices are emulated");
    }

    @Test
    void aSizeMayBeANumberOfBytes() {
        assertThat(wish("{'name':'a','level':'system','memory':134217728}").memory())
                .isEqualTo(ByteSize.ofMebibytes(128));
    }

    @Test
    void whatIsWrongWithAWishIsSaidInWordsForPeople() {
        assertThat(refusal("{'level':'system','memory':'512M'}")).isEqualTo("bad-value name: is missing");
        assertThat(refusal("{'name':'a','level':'system'}")).isEqualTo("bad-value memory: is missing");
        assertThat(refusal("{'name':null,'level':'system','memory':'1G'}")).isEqualTo("bad-value name: is missing");
        assertThat(refusal("{'name':'A B','level':'system','memory':'1G'}"))
                .isEqualTo(
                        "bad-value name: VM 'A B': a name has 1 to 32 of a-z, 0-9 and '-', and '-' neither first nor last");
        assertThat(refusal("{'name':7,'level':'system','memory':'1G'}")).isEqualTo("bad-value name: must be a string");
        assertThat(refusal("{'name':'a','level':'best','memory':'1G'}"))
                .isEqualTo("bad-value level: no 'best': one of restart, component, system");
        assertThat(refusal("{'name':'a','level':2,'memory':'1G'}")).startsWith("bad-value level: ");
        assertThat(refusal("{'name':'a','level':'system','memory':'lots'}"))
                .isEqualTo("bad-value memory: size 'lots': write for example 512M or 2G");
        assertThat(refusal("{'name':'a','level':'system','memory':'1M'}"))
                .isEqualTo("bad-value memory 1M: whole mebibytes, at least 64M");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','cpus':'2'}"))
                .isEqualTo("bad-value cpus: must be a whole number");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','cpus':1.5}"))
                .isEqualTo("bad-value cpus: must be a whole number");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','stopped':'yes'}"))
                .isEqualTo("bad-value stopped: must be true or false");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','nics':[{'mac':'1'}]}"))
                .isEqualTo("bad-value nics[0].mac: MAC address '1': write for example 52:54:00:12:34:56");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','nics':{}}"))
                .isEqualTo("bad-value nics: must be a list");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','hosts':['h1','h1']}"))
                .isEqualTo("bad-value hosts [h1, h1]: name one or two different hosts, or none");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','append':'quiet'}"))
                .isEqualTo("bad-value initrd and append need a kernel");
        assertThat(refusal("{'name':'a','level':'system','memory':'1G','color':'red'}"))
                .isEqualTo("bad-value unknown field 'color'");
        assertThat(refusal("[]")).isEqualTo("bad-value must be an object");
        assertThat(refusal("{'name':'a','name':'b'}")).isEqualTo("bad-json what was sent is not JSON");
        assertThat(refusal("{} {}")).isEqualTo("bad-json what was sent is not JSON");
    }

    @Test
    void everyTruncatedWishIsRefused() {
        String whole = "{'name':'web-1','level':'system','memory':'512M','nics':[{'mac':'52:54:00:12:34:56'}]}";
        for (int length = 0; length < whole.length(); length++) {
            assertThat(refusal(whole.substring(0, length)))
                    .as("%d bytes", length)
                    .startsWith("bad-");
        }
    }

    @Test
    void anAnswerOfANewerAgentIsRead() {
        byte[] newer = "{\"code\":\"c\",\"message\":\"m\",\"cause\":\"\",\"correction\":\"\",\"details\":{},\"hint\":1}"
                .getBytes(UTF_8);
        assertThat(Json.answer(newer, Problem.class)).isEqualTo(Problem.of("c", "m", ""));
        assertThatThrownBy(() -> Json.answer("<html>".getBytes(UTF_8), Problem.class))
                .isInstanceOf(JacksonException.class);
    }

    private static VmRequest wish(String json) {
        return Json.vmRequest(Json.tree(json.replace('\'', '"').getBytes(UTF_8)));
    }

    private static String refusal(String json) {
        try {
            return "accepted " + wish(json);
        } catch (JacksonException e) {
            Problem problem = JsonProblems.of(e);
            return problem.code() + " " + problem.message();
        }
    }

    private static VolumeStatus disk() {
        return new VolumeStatus(
                new VmName("web-1"),
                "disk0",
                new VolumeId(new UUID(5, 6)),
                ByteSize.parse("10G"),
                VolumeState.IN_SYNC,
                List.of(new VolumeReplica(new HostName("h1"), new UUID(7, 8), true)),
                "",
                Optional.empty(),
                Optional.of(Resync.idle(false, Optional.of(ByteSize.parse("50M")))),
                Optional.of(Scrub.begun(new HostName("h1"), Instant.parse("2026-01-02T03:04:05Z"))));
    }

    private static VmStatus vm(Optional<Checkpoints> checkpoints) {
        return new VmStatus(
                new VmName("web-1"),
                new VmId(new UUID(1, 2)),
                Level.SYSTEM,
                Policy.BALANCED,
                VmState.RUNNING,
                true,
                Optional.of(new HostName("h1")),
                Optional.empty(),
                12,
                ByteSize.ofMebibytes(512),
                1,
                List.of(new MacAddress("52:54:00:12:34:56")),
                List.of(disk()),
                List.of(new HostName("h1"), new HostName("h2")),
                "pc-q35-7.2",
                "qemu64",
                true,
                "",
                Optional.of(new HostName("h2")),
                Optional.of(0.5),
                checkpoints,
                Care.DEFAULT,
                Hardware.DEFAULT);
    }
}
