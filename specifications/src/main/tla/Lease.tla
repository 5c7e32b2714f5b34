-------------------------------- MODULE Lease --------------------------------
(* The arithmetic of the lease under which a paired active of the levels      *)
(* `restart' and `component' lets frames out, which no standby confirms.      *)
(*                                                                            *)
(* The classes mirrored are in `protocol': LeaseMachine (Send, TakeAnswer,    *)
(* MayLetOut), LedgerCommand.RenewLease (Renew), Succession (Wait, Start) and *)
(* the gate that asks with each frame (Frame).  Views are those of            *)
(* ViewMachine, LedgerState and Transitions, and are checked in Views; `pair' *)
(* stands for a view under which somebody could take over.                    *)
(*                                                                            *)
(* a is active, b its standby.  a renews its lease through the ledger: a      *)
(* renewal is an entry of the log, and says for which view it is.  a counts   *)
(* from before it sent, by its own clock, and looks at the clock right before *)
(* it lets a frame out.  b takes over by a view; it starts the guest when a   *)
(* whole lease, stretched by the most that clocks may drift apart, has passed *)
(* by its own clock since it first learnt, in this life, of its view.         *)
(*                                                                            *)
(* Time is discrete.  In each Tick each clock moves on by Slow or by Fast, as *)
(* it likes.  What is stored is what is left or has passed, never a time; so  *)
(* time has no end here.  A process that stands still, a message that is late *)
(* or lost, a ledger without a majority: steps that do not come.              *)
EXTENDS Integers, FiniteSets

CONSTANTS Lease, Slow, Fast, MaxRenewals, MaxRestarts,
          Broken       \* rules that are broken on purpose; {} is the design

Rules == {
  "countsFromTheAnswer",     \* the holder counts from when the answer came
  "checksEarlier",           \* the holder looks at the clock, and lets the frame out later
  "renewsWithoutTheLedger",  \* a leader without a majority renews: no entry of the log
  "doesNotWait",             \* the taker starts when it has learnt its view
  "waitsWithoutDrift",       \* the taker waits one lease by its own clock
  "waitsFromTheProposal",    \* the taker counts from when it asked
  "waitsOnceForAllLives" }   \* a later life of the taker does not wait: the view is old
ASSUME Broken \subseteq Rules
Is(rule) == rule \in Broken

Max(x, y) == IF x > y THEN x ELSE y
Min(x, y) == IF x < y THEN x ELSE y
Stretched == (Lease * Fast + Slow - 1) \div Slow
Wait == IF Is("doesNotWait") THEN 0 ELSE IF Is("waitsWithoutDrift") THEN Lease ELSE Stretched
Never == -1

VARIABLES
  ledger,    \* "pair" (a with standby b), "solo a", "solo b"
  asked,     \* who asked for a view of its own; it may land at any time
  known,     \* what each has learnt; "?": nothing in this life
  left,      \* what is left of a's lease, by a's clock
  renewals,  \* under way to the ledger or back: how long ago sent, by a's clock
  looked,    \* a has looked at its clock, and is about to let a frame out
  waited,    \* since b learnt its view (or what else it counts from), by b's clock
  restarts,  \* of b's agent
  runs,      \* b has started the guest
  broken     \* ghost
vars == <<ledger, asked, known, left, renewals, looked, waited, restarts, runs, broken>>

Init ==
  /\ ledger = "pair" /\ asked = {} /\ known = [h \in {"a", "b"} |-> "pair"]
  /\ left = 0 /\ renewals = {} /\ looked = FALSE
  /\ waited = Never /\ restarts = 0 /\ runs = FALSE /\ broken = {}

Tick ==
  \E ofA \in {Slow, Fast}, ofB \in {Slow, Fast} :
    /\ left' = Max(0, left - ofA)
    /\ renewals' = {[r EXCEPT !.age = Min(@ + ofA, Lease)] : r \in renewals}
    /\ waited' = IF waited = Never THEN Never ELSE Min(waited + ofB, Stretched)
    /\ UNCHANGED <<ledger, asked, known, looked, restarts, runs, broken>>

-----------------------------------------------------------------------------
(* The holder                                                                 *)

Send ==
  /\ known["a"] = "pair" /\ Cardinality(renewals) < MaxRenewals
  /\ renewals' = renewals \cup {[age |-> 0, done |-> FALSE]}
  /\ UNCHANGED <<ledger, asked, known, left, looked, waited, restarts, runs, broken>>

Renew == \E r \in renewals :
  /\ ~r.done /\ (ledger = "pair" \/ Is("renewsWithoutTheLedger"))
  /\ renewals' = (renewals \ {r}) \cup {[r EXCEPT !.done = TRUE]}
  /\ UNCHANGED <<ledger, asked, known, left, looked, waited, restarts, runs, broken>>

TakeAnswer == \E r \in renewals :
  /\ r.done /\ known["a"] = "pair"
  /\ left' = Max(left, IF Is("countsFromTheAnswer") THEN Lease ELSE Lease - r.age)
  /\ renewals' = renewals \ {r}
  /\ UNCHANGED <<ledger, asked, known, looked, waited, restarts, runs, broken>>

LoseRenewal == \E r \in renewals :
  /\ renewals' = renewals \ {r}
  /\ UNCHANGED <<ledger, asked, known, left, looked, waited, restarts, runs, broken>>

\* Alone it needs no lease: nobody else is in sync, so nobody can take over.
MayLetOut ==
  \/ left > 0 /\ known["a"] = "pair"
  \/ known["a"] = "solo a"

Look ==
  /\ Is("checksEarlier") /\ MayLetOut /\ ~looked /\ looked' = TRUE
  /\ UNCHANGED <<ledger, asked, known, left, renewals, waited, restarts, runs, broken>>

Frame ==
  /\ MayLetOut \/ looked
  /\ looked' = FALSE
  /\ broken' = IF runs THEN {"OneRunner"} ELSE broken
  /\ UNCHANGED <<ledger, asked, known, left, renewals, waited, restarts, runs>>

-----------------------------------------------------------------------------
(* Views                                                                      *)

Ask(h) ==
  /\ known[h] = "pair" /\ h \notin asked /\ asked' = asked \cup {h}
  /\ waited' = IF h = "b" /\ Is("waitsFromTheProposal") THEN 0 ELSE waited
  /\ UNCHANGED <<ledger, known, left, renewals, looked, restarts, runs, broken>>

Decide == \E h \in asked :
  /\ ledger = "pair" /\ ledger' = IF h = "a" THEN "solo a" ELSE "solo b"
  /\ UNCHANGED <<asked, known, left, renewals, looked, waited, restarts, runs, broken>>

Learn(h) ==
  /\ known[h] # ledger /\ known' = [known EXCEPT ![h] = ledger]
  /\ waited' = CASE h = "b" /\ ledger = "solo b" ->
                      IF waited # Never THEN waited
                      ELSE IF restarts > 0 /\ Is("waitsOnceForAllLives") THEN Stretched ELSE 0
                 [] OTHER -> waited
  /\ UNCHANGED <<ledger, asked, left, renewals, looked, restarts, runs, broken>>

Restart ==
  /\ ~runs /\ restarts < MaxRestarts /\ restarts' = restarts + 1
  /\ known' = [known EXCEPT !["b"] = "?"] /\ waited' = Never
  /\ UNCHANGED <<ledger, asked, left, renewals, looked, runs, broken>>

Start ==
  /\ known["b"] = "solo b" /\ waited >= Wait /\ ~runs /\ runs' = TRUE
  /\ UNCHANGED <<ledger, asked, known, left, renewals, looked, waited, restarts, broken>>

Next ==
  \/ Tick \/ Send \/ Renew \/ TakeAnswer \/ LoseRenewal \/ Look \/ Frame
  \/ Decide \/ Restart \/ Start \/ \E h \in {"a", "b"} : Ask(h) \/ Learn(h)
Safety == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants, by their names in docs/specification.md                        *)

\* The old host's last frame leaves before the new one's first.
OneRunner == "OneRunner" \notin broken /\ ~(MayLetOut /\ runs)
=============================================================================
