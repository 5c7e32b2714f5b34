package understudy.agent;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Event.Severity;
import understudy.model.Moment;
import understudy.model.Problem;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.ViewInput;

/// What one VM's driver asks of the ledger, and what becomes of it.
///
/// Threads: the driver's.
final class Proposals {
    private static final Logger LOG = LoggerFactory.getLogger(Proposals.class);
    private static final Duration ASK_AGAIN = Duration.ofMillis(200);
    private static final Duration ASK_AGAIN_REFUSED = Duration.ofSeconds(1);
    private static final Duration TELL_OFF_AGAIN = Duration.ofSeconds(1);

    private final DriverDesk desk;
    private Optional<View> newest = Optional.empty();
    private Optional<Moment> askAgainAt = Optional.empty();
    private Optional<LongFunction<LedgerCommand>> wishesEnd = Optional.empty();
    private Optional<LedgerCommand> toldOff = Optional.empty();
    private Optional<Moment> tellOffAt = Optional.empty();
    private boolean isWantedAgain;
    private long refusedView;

    Proposals(DriverDesk desk) {
        this.desk = desk;
    }

    void propose(View view) {
        newest = Optional.of(view);
        askAgainAt = Optional.empty();
        var _ = desk.services()
                .ledger()
                .propose(new LedgerCommand.ChangeView(desk.spec().id(), view.number() - 1, view))
                .whenComplete(
                        (answer, failure) -> desk.post(() -> answered(view, Optional.ofNullable(answer), failure)));
    }

    /// The guest switched itself off, so nobody wants it to run any more: told to the ledger until it knows.
    void guestIsOff() {
        tellOff(wish -> new LedgerCommand.SwitchedOff(desk.spec().id(), wish));
    }

    /// The guest keeps failing, so it is not to be started again until somebody says so: told as that it is off.
    void giveUp(String reason) {
        tellOff(wish ->
                new LedgerCommand.GiveUp(desk.spec().id(), desk.services().self(), Optional.of(wish), reason));
    }

    private void tellOff(LongFunction<LedgerCommand> command) {
        wishesEnd = Optional.of(command);
        toldOff = Optional.empty();
        tellOffAt = Optional.of(desk.now());
    }

    /// Whether the guest's switching itself off is still to be recorded.
    boolean isTellingOff() {
        return tellOffAt.isPresent();
    }

    /// Whether its users wanted the VM anew before the ledger heard that its guest ended, which this agent did not know
    /// then: the guest is to begin again. Said once.
    boolean isWantedAgain() {
        boolean said = isWantedAgain;
        isWantedAgain = false;
        return said;
    }

    /// @param known what the ledger says of the VM, as far as is known
    void tick(Moment now, Optional<VmRecord> known) {
        if (askAgainAt.filter(at -> now.compareTo(at) >= 0).isPresent()) {
            askAgainAt = Optional.empty();
            desk.step(new ViewInput.ProposalUnanswered());
        }
        Optional<VmRecord> wanted = known.filter(VmRecord::wanted);
        if (wanted.isEmpty()) {
            tellOffAt = Optional.empty();
        }
        if (tellOffAt.filter(at -> now.compareTo(at) >= 0).isPresent()) {
            tellOffAt = Optional.of(now.plus(TELL_OFF_AGAIN));
            LedgerCommand command = toldOff.orElseGet(
                    () -> wishesEnd.orElseThrow().apply(wanted.orElseThrow().wish()));
            toldOff = Optional.of(command);
            var _ = desk.services()
                    .ledger()
                    .propose(command)
                    .whenComplete((answer, _) -> desk.post(() -> heard(command, Optional.ofNullable(answer))));
        }
    }

    /// Whatever the answer is, the ledger has decided: of a wish that is newer nothing has ended.
    private void heard(LedgerCommand command, Optional<LedgerAnswer> answer) {
        if (answer.isPresent() && tellOffAt.isPresent() && toldOff.equals(Optional.of(command))) {
            tellOffAt = Optional.empty();
            isWantedAgain = answer.get() instanceof LedgerAnswer.Conflict conflict
                    && conflict.isWantedOf(desk.services().self());
        }
        Optional<VmRecord> decided = switch (answer.orElse(new LedgerAnswer.Accepted(Optional.empty()))) {
            case LedgerAnswer.Accepted(Optional<VmRecord> record) -> record;
            case LedgerAnswer.Conflict(VmRecord current) -> Optional.of(current);
            case LedgerAnswer.Refused _, LedgerAnswer.Leased _ -> Optional.empty();
        };
        decided.ifPresent(record -> desk.step(new ViewInput.RecordLearnt(record)));
    }

    /// An answer to a proposal that another one has overtaken is news all the same; only the newest is asked
    /// again.
    private void answered(View view, Optional<LedgerAnswer> answer, @Nullable Throwable failure) {
        if (answer.isEmpty()) {
            LOG.info("{}: no answer to {}: {}", desk.spec().name(), view, String.valueOf(failure));
            askAgain(view, ASK_AGAIN);
            return;
        }
        switch (answer.get()) {
            case LedgerAnswer.Accepted(Optional<VmRecord> record) ->
                record.ifPresent(r -> desk.step(new ViewInput.RecordLearnt(r)));
            case LedgerAnswer.Conflict(VmRecord current) -> desk.step(new ViewInput.RecordLearnt(current));
            case LedgerAnswer.Refused(Problem problem) -> refused(view, problem);
            case LedgerAnswer.Leased _ -> throw new IllegalStateException(view + ": an answer to another question");
        }
    }

    private void refused(View view, Problem problem) {
        if (refusedView != view.number()) {
            refusedView = view.number();
            desk.event("proposal-refused", Severity.WARNING, view + ": " + problem.message());
        }
        askAgain(view, ASK_AGAIN_REFUSED);
    }

    private void askAgain(View view, Duration wait) {
        if (newest.equals(Optional.of(view))) {
            askAgainAt = Optional.of(desk.now().plus(wait));
        }
    }
}
