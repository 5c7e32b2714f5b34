package understudy.ledger;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.Hardware;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Life;
import understudy.model.MacAddress;
import understudy.model.Placement;
import understudy.model.PlacementRule;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

/// How commands, answers and states lie in the log, on the wire and in snapshots: JSON with a format number, so
/// that a person can read what a cluster decided.
///
/// Strict: an unknown field, a missing one, a wrong type or anything after the end is refused. All voters must
/// read an entry alike, so a release may write a new format only when all voters read it. What lies in a log or a
/// snapshot of an earlier format is still read ([EarlierDocuments]).
final class LedgerJson {
    static final int FORMAT = 13;
    /// The most bytes of one command; a kernel command line is the longest thing in it.
    static final int COMMAND_MAX = 64 << 10;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(
                    DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                    DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // A record's components are all that is written, not what it answers to questions.
            .changeDefaultVisibility(it -> it.withIsGetterVisibility(JsonAutoDetect.Visibility.NONE))
            .addMixIn(LedgerCommand.class, CommandMixin.class)
            .addMixIn(LedgerAnswer.class, AnswerMixin.class)
            .addMixIn(Placement.class, PlacementMixin.class)
            .addMixIn(HostName.class, TextMixin.class)
            .addMixIn(VmName.class, TextMixin.class)
            .addMixIn(MacAddress.class, TextMixin.class)
            .addMixIn(VmId.class, UuidMixin.class)
            .addMixIn(VolumeId.class, UuidMixin.class)
            .addMixIn(Life.class, UuidMixin.class)
            .addMixIn(ByteSize.class, BytesMixin.class)
            .build();

    private LedgerJson() {}

    static byte[] encode(LedgerCommand command) {
        byte[] bytes = MAPPER.writeValueAsBytes(new CommandDocument(FORMAT, command));
        if (bytes.length > COMMAND_MAX) {
            throw new IllegalArgumentException(
                    "a command of %d bytes, where %d is the most".formatted(bytes.length, COMMAND_MAX));
        }
        return bytes;
    }

    static byte[] encode(LedgerAnswer answer) {
        return MAPPER.writeValueAsBytes(new AnswerDocument(FORMAT, answer));
    }

    static byte[] encode(LedgerState state) {
        return MAPPER.writeValueAsBytes(new StateDocument(
                FORMAT,
                state.applied(),
                List.copyOf(state.vms().values()),
                List.copyOf(state.hosts().values()),
                state.renewals(),
                state.maintained(),
                List.copyOf(state.rules())));
    }

    /// @throws IllegalArgumentException if the bytes are no command of a known format
    static LedgerCommand command(byte[] bytes) {
        if (bytes.length > COMMAND_MAX) {
            throw new IllegalArgumentException("a command of " + bytes.length + " bytes");
        }
        CommandDocument document = decode(bytes, CommandDocument.class);
        checkFormat(document.format());
        return document.command();
    }

    /// @throws IllegalArgumentException if the bytes are no answer of a known format
    static LedgerAnswer answer(byte[] bytes) {
        AnswerDocument document = decode(bytes, AnswerDocument.class);
        checkFormat(document.format());
        return document.answer();
    }

    /// @throws IllegalArgumentException if the bytes are no state of a known format
    static LedgerState state(byte[] bytes) {
        StateDocument document = decode(bytes, StateDocument.class);
        checkFormat(document.format());
        SortedMap<VmId, VmRecord> vms = new TreeMap<>();
        document.vms().forEach(vm -> vms.put(vm.spec().id(), vm));
        SortedMap<HostName, HostRecord> hosts = new TreeMap<>();
        document.hosts().forEach(host -> hosts.put(host.name(), host));
        return new LedgerState(
                document.applied(),
                vms,
                hosts,
                document.renewals(),
                document.maintained(),
                new TreeSet<>(document.rules()));
    }

    static byte[] encode(SavedRecord saved) {
        return MAPPER.writeValueAsBytes(new SavedDocument(FORMAT, saved));
    }

    /// @throws IllegalArgumentException if the bytes are no record of a known format
    static SavedRecord saved(byte[] bytes) {
        SavedDocument document = decode(bytes, SavedDocument.class);
        checkFormat(document.format());
        return document.saved();
    }

    private static <T> T decode(byte[] bytes, Class<T> type) {
        try {
            JsonNode tree = MAPPER.readTree(bytes);
            if (EarlierDocuments.isFormat(tree.path("format").asInt(FORMAT))) {
                EarlierDocuments.complete(tree, MAPPER.valueToTree(Care.DEFAULT), MAPPER.valueToTree(Hardware.DEFAULT));
            }
            T document = MAPPER.treeToValue(tree, type);
            if (document == null) {
                throw new IllegalArgumentException("null, where a document must be");
            }
            return document;
        } catch (JacksonException malformed) {
            throw new IllegalArgumentException(malformed.getOriginalMessage(), malformed);
        }
    }

    private static void checkFormat(int format) {
        if (format != FORMAT && !EarlierDocuments.isFormat(format)) {
            throw new IllegalArgumentException(
                    "format %d, where this release reads %d to %d".formatted(format, EarlierDocuments.FIRST, FORMAT));
        }
    }

    record CommandDocument(int format, LedgerCommand command) {}

    record SavedDocument(int format, SavedRecord saved) {}

    record AnswerDocument(int format, LedgerAnswer answer) {}

    record StateDocument(
            int format,
            long applied,
            List<VmRecord> vms,
            List<HostRecord> hosts,
            SortedMap<HostName, Long> renewals,
            Set<HostName> maintained,
            List<PlacementRule> rules) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "do")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = LedgerCommand.CreateVm.class, name = "create-vm"),
        @JsonSubTypes.Type(value = LedgerCommand.ChangeView.class, name = "change-view"),
        @JsonSubTypes.Type(value = LedgerCommand.ForceStart.class, name = "force-start"),
        @JsonSubTypes.Type(value = LedgerCommand.ChangePair.class, name = "change-pair"),
        @JsonSubTypes.Type(value = LedgerCommand.SetWanted.class, name = "set-wanted"),
        @JsonSubTypes.Type(value = LedgerCommand.SetLevel.class, name = "set-level"),
        @JsonSubTypes.Type(value = LedgerCommand.MoveVm.class, name = "move-vm"),
        @JsonSubTypes.Type(value = LedgerCommand.GiveUp.class, name = "give-up"),
        @JsonSubTypes.Type(value = LedgerCommand.SwitchedOff.class, name = "switched-off"),
        @JsonSubTypes.Type(value = LedgerCommand.GrowVolume.class, name = "grow-volume"),
        @JsonSubTypes.Type(value = LedgerCommand.DeleteVm.class, name = "delete-vm"),
        @JsonSubTypes.Type(value = LedgerCommand.RenewLease.class, name = "renew-lease"),
        @JsonSubTypes.Type(value = LedgerCommand.RegisterHost.class, name = "register-host"),
        @JsonSubTypes.Type(value = LedgerCommand.RemoveHost.class, name = "remove-host"),
        @JsonSubTypes.Type(value = LedgerCommand.Maintain.class, name = "maintain"),
        @JsonSubTypes.Type(value = LedgerCommand.SetRule.class, name = "set-rule")
    })
    private interface CommandMixin {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = LedgerAnswer.Accepted.class, name = "accepted"),
        @JsonSubTypes.Type(value = LedgerAnswer.Leased.class, name = "leased"),
        @JsonSubTypes.Type(value = LedgerAnswer.Conflict.class, name = "conflict"),
        @JsonSubTypes.Type(value = LedgerAnswer.Refused.class, name = "refused")
    })
    private interface AnswerMixin {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Placement.Stopped.class, name = "stopped"),
        @JsonSubTypes.Type(value = Placement.Solo.class, name = "solo"),
        @JsonSubTypes.Type(value = Placement.Paired.class, name = "paired")
    })
    private interface PlacementMixin {}

    @SuppressWarnings("UnusedVariable") // Jackson reads the signature
    private abstract static class TextMixin {
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        TextMixin(String value) {}

        @JsonValue
        abstract String value();
    }

    @SuppressWarnings("UnusedVariable") // as above
    private abstract static class UuidMixin {
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        UuidMixin(UUID value) {}

        @JsonValue
        abstract UUID value();
    }

    @SuppressWarnings("UnusedVariable") // as above
    private abstract static class BytesMixin {
        @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
        BytesMixin(long bytes) {}

        @JsonValue
        abstract long bytes();
    }
}
