-------------------------------- MODULE Views --------------------------------
(* Who runs a VM of level `system', and from where it goes on: views, lives,  *)
(* epochs, takeover, switchover, restarts of agents, proposals that land late.*)
(*                                                                            *)
(* One VM, two hosts, one ledger.  The classes mirrored are in `protocol':    *)
(*                                                                            *)
(*   Learn, and the part of a host   ViewMachine.learn, Part                  *)
(*   Propose, Wanted                 ProposalRules.propose, .wantedPlacement  *)
(*   Decide, MayFollow               LedgerState.changeView, Transitions      *)
(*   Ship, the open end of a stream  EpochReceiver, EpochSender               *)
(*   Frames                          the gates that `Port' keeps for the part *)
(*   LoseStandby, LoseActive         ViewMachine.peerLost, .peerHeard, .tick  *)
(*   Start, BootAgain                StartRules.idle, .ownGuestDied           *)
(*   GuestDies                       ActiveRules.guestGone                    *)
(*                                                                            *)
(* Time: a message that is lost or late, a link that is cut, a process that   *)
(* stands still, a ledger out of reach are steps that do not come.  So no     *)
(* variable says that a link is up, and every wait of the code (`claimAfter', *)
(* `bootClaimAfter' ...) may be over at any moment.  Whoever suspects its     *)
(* peer may be wrong.                                                         *)
(*                                                                            *)
(* The guest's memory is a number that goes up with each thing it does.  A    *)
(* frame tells the world that number.                                         *)
(*                                                                            *)
(* Not here: volumes (Mirror), stopping and deleting a VM, more than one      *)
(* epoch in flight, pacing.                                                   *)
EXTENDS Integers, FiniteSets

CONSTANTS MaxView,     \* the last view that a host asks for while faults go on
          MaxWork,     \* things that guests do
          MaxFaults,   \* crashes of agents, hosts and guests
          MaxRequests, \* proposals under way at a time
          Broken       \* rules that are broken on purpose; {} is what the code does

Rules == {
  "asksOnlyOnce",             \* a proposal whose answer did not come is not asked again
  "decidesByArrival",         \* the ledger takes a proposal whatever number it is for
  "letsAnybodyGoOn",          \* a confused host claims that the view does not name, and the ledger lets it
  "resumesBeforeLearning",    \* the standby goes on when it has asked, not when it has learnt
  "opensGateBeforeLearning",  \* the active lets all out as soon as it has lost its standby
  "opensGateByTheOldView",    \* ... as soon as it hears again the view from before it asked
  "adoptsBeforeLearning",     \* a new life lets the guest that it found go on, and asks later
  "servesUnderAnEarlierLife", \* a new life serves under a view that an earlier one asked for
  "runsUngatedWhileRaising",  \* output leaves at once while the pair is under way
  "leavesGateOpenAtCapture",  \* output leaves at once until the first epoch is confirmed
  "releasesAtCapture",        \* output leaves when its epoch is sent
  "confirmsBeforeWhole",      \* an epoch is confirmed when it begins to arrive
  "takesEpochsAfterClosing",  \* the standby takes epochs of a stream that it has closed
  "keepsImageOfEarlierLife",  \* an image outlives the agent that held its last epochs
  "runsWhileHandingOver",     \* the guest runs on while a switchover is under way
  "bootsUnderAPair",          \* a host that meant to boot does so under a pair it learnt late
  "bootsBesideOpenProposal",  \* a host whose guest died boots while a pair may still land
  "bootsWhereAnImageIs",      \* the standby boots where it should go on from its image
  "bootsOverALivingGuest",    \* a new life boots although the guest is alive
  "takesAnySoloForItsOwn",    \* who waits to go on alone does so when it learns that the other one does
  "asksLedgerWhenSolo" }      \* who runs alone needs the ledger for each frame
ASSUME Broken \subseteq Rules
Is(rule) == rule \in Broken

Hosts == {"a", "b"}
Other(h) == IF h = "a" THEN "b" ELSE "a"
Nobody == [host |-> "-", life |-> 0]
NoView == [n |-> 0, active |-> Nobody, standby |-> Nobody, by |-> Nobody]
NoImage == [from |-> Nobody, whole |-> FALSE, at |-> 0, open |-> FALSE, since |-> 0]
Max(x, y) == IF x > y THEN x ELSE y

VARIABLES
  ledger,    \* the newest view: number, active, standby, proposer
  requests,  \* proposals under way: each may land late, or never
  up,        \* of a host: "up", "noagent" (its QEMU may live), "down"
  life,      \* how often its agent was started
  known,     \* the newest view that this life has learnt
  part,      \* what the host does for the VM
  standby,   \* of an active: which life of the other host it copies to
  since,     \* of one that drops its standby: the view known then
  guest,     \* the memory of the QEMU here; -1: none
  committed, \* what the standby confirmed to this active
  image,     \* the image here: whose, whole or not, of which epoch, stream open or closed
  proposed,  \* whether this life asked for the view after the known one
  asked,     \* only where `asksOnlyOnce': what was asked for
  quorum,    \* whether the ledger is in reach; nothing but `asksLedgerWhenSolo' looks
  faults,    \* how many there were
  calm,      \* no more faults, no more wrong suspicions
  seen,      \* ghost: the highest number that the world knows of the run below
  run,       \* ghost: who runs since when: host, memory at that time, resumed or booted
  broken     \* ghost: invariants that an action has broken

ledgerVars == <<ledger, requests, asked>>
agentVars  == <<up, life, known, part, standby, since, proposed>>
guestVars  == <<guest, committed, image>>
faultVars  == <<quorum, faults, calm>>
ghosts     == <<seen, run, broken>>
vars == <<ledgerVars, agentVars, guestVars, faultVars, ghosts>>

Me(h) == [host |-> h, life |-> life[h]]
IsPair(v) == v.standby # Nobody

Init ==
  /\ ledger = [n |-> 1, active |-> [host |-> "a", life |-> 0], standby |-> Nobody,
               by |-> [host |-> "a", life |-> 0]]
  /\ requests = {} /\ asked = [h \in Hosts |-> NoView] /\ proposed = [h \in Hosts |-> FALSE]
  /\ up = [h \in Hosts |-> "up"] /\ life = [h \in Hosts |-> 0]
  /\ known = [h \in Hosts |-> ledger]
  /\ part = [h \in Hosts |-> IF h = "a" THEN "running" ELSE "idle"]
  /\ standby = [h \in Hosts |-> Nobody] /\ since = [h \in Hosts |-> 0]
  /\ guest = [h \in Hosts |-> IF h = "a" THEN 0 ELSE -1]
  /\ committed = [h \in Hosts |-> 0] /\ image = [h \in Hosts |-> NoImage]
  /\ quorum = TRUE /\ faults = 0 /\ calm = FALSE
  /\ seen = 0 /\ run = [host |-> "a", at |-> 0, resumed |-> FALSE] /\ broken = {}

-----------------------------------------------------------------------------
(* The guest and its output                                                   *)

Runs(h) == guest[h] >= 0 /\ (part[h] # "handing" \/ Is("runsWhileHandingOver"))

Work(h) ==
  /\ Runs(h) /\ guest[h] < MaxWork /\ ~calm
  /\ guest' = [guest EXCEPT ![h] = @ + 1]
  /\ UNCHANGED <<ledgerVars, agentVars, committed, image, faultVars, ghosts>>

\* Output leaves as it comes.
IsOpen(h) ==
  /\ up[h] = "up" /\ guest[h] >= 0
  /\ \/ part[h] = "running" /\ (quorum \/ ~Is("asksLedgerWhenSolo"))
     \/ part[h] = "copying"
     \/ part[h] = "captured" /\ Is("leavesGateOpenAtCapture")
     \/ part[h] = "raising" /\ Is("runsUngatedWhileRaising")
     \/ part[h] = "dropping" /\ Is("opensGateBeforeLearning")
     \/ part[h] = "found" /\ Is("adoptsBeforeLearning")

\* Output leaves by epochs.
IsGated(h) ==
  up[h] = "up" /\ guest[h] >= 0
  /\ part[h] \in {"captured", "raising", "protected", "dropping", "handing"}

MayLeave(h) ==
  IF IsOpen(h) THEN guest[h]
  ELSE IF ~IsGated(h) THEN -1
  ELSE IF Is("releasesAtCapture") \/ (Is("runsWhileHandingOver") /\ part[h] = "handing")
       THEN guest[h] ELSE committed[h]

\* What a host still says that has been replaced must be true of who replaced it: was committed before.
\* (Where that one had to boot, because its image failed, such frames belong to a run that is over.)
Frames(h) ==
  LET at == MayLeave(h) IN
  IF run.host = h
  THEN /\ at > seen /\ seen' = at /\ UNCHANGED broken
       /\ UNCHANGED <<ledgerVars, agentVars, guestVars, faultVars, run>>
  ELSE /\ at >= 0 /\ (IsOpen(h) \/ at > IF run.resumed THEN run.at ELSE committed[h])
       /\ broken' = broken \cup {"OneRunner"}
       /\ UNCHANGED <<ledgerVars, agentVars, guestVars, faultVars, seen, run>>

-----------------------------------------------------------------------------
(* The copy                                                                   *)

\* The stream is offered and taken: ActiveRules.copyToPeer, StandbyRules.streamOffered.
Offer(h) ==
  LET o == Other(h) IN
  /\ up[h] = "up" /\ part[h] = "running" /\ up[o] = "up"
  /\ 0 < known[o].n /\ known[o].n <= known[h].n /\ known[o].active = Me(h)
  /\ \/ part[o] \in {"idle", "receiving"}
     \/ part[o] = "holding" /\ known[o].standby # Me(o)
  /\ part' = [part EXCEPT ![h] = "copying", ![o] = "receiving"]
  /\ standby' = [standby EXCEPT ![h] = Me(o)]
  /\ committed' = [committed EXCEPT ![h] = 0]
  /\ image' = [image EXCEPT ![o] = [from |-> Me(h), whole |-> FALSE, at |-> 0, open |-> TRUE,
                                     since |-> known[h].n]]
  /\ UNCHANGED <<ledgerVars, up, life, known, since, proposed, guest, faultVars, ghosts>>

\* The stream from h to its standby is open at both ends.
Streams(h) ==
  LET o == Other(h) IN
  /\ up[h] = "up" /\ up[o] = "up" /\ Me(o) = standby[h]
  /\ \/ image[o].from = Me(h) /\ image[o].open
     \/ Is("takesEpochsAfterClosing")

\* An epoch is captured, travels, and the standby confirms it.  The first one makes the image whole, and from
\* its capture on output leaves by epochs.
Ship(h) ==
  LET o == Other(h) IN
  /\ part[h] \in {"copying", "captured", "raising", "protected"} /\ Streams(h)
  /\ part[h] = "copying" \/ committed[h] # guest[h]
  /\ part[h] = "copying" => part[o] = "receiving"
  /\ committed' = [committed EXCEPT ![h] = guest[h]]
  /\ image' = [image EXCEPT ![o] =
       IF @.from # Me(h) THEN @
       ELSE [@ EXCEPT !.whole = TRUE,
                      !.at = IF Is("confirmsBeforeWhole") /\ image[o].whole THEN @ ELSE guest[h],
                      !.since = Max(@, known[o].n)]]
  /\ part' = [part EXCEPT ![h] = IF @ = "copying" THEN "captured" ELSE @,
                          ![o] = IF @ = "receiving" THEN "holding" ELSE @]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, guest, faultVars, ghosts>>

\* The rest of an epoch that was confirmed too early.
Complete(h) ==
  LET o == Other(h) IN
  /\ Is("confirmsBeforeWhole") /\ Streams(h) /\ image[o].whole /\ image[o].at < committed[h]
  /\ image' = [image EXCEPT ![o].at = committed[h]]
  /\ UNCHANGED <<ledgerVars, agentVars, guest, committed, faultVars, ghosts>>

\* ActiveRules.copyCommitted: the pair is asked for.
Committed(h) ==
  /\ up[h] = "up" /\ part[h] = "captured"
  /\ part' = [part EXCEPT ![h] = "raising"]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, guestVars, faultVars, ghosts>>

\* ActiveRules.switchoverAsked, .lastEpochCommitted: the guest stands still, the standby has all of it.
HandOver(h) ==
  /\ part[h] = "protected" /\ Streams(h) /\ committed[h] = guest[h] /\ ~calm
  /\ part' = [part EXCEPT ![h] = "handing"]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, guestVars, faultVars, ghosts>>

-----------------------------------------------------------------------------
(* Suspicions                                                                 *)

\* In a calm cluster nobody is suspected who is there.
IsLost(h) == LET o == Other(h) IN
  ~calm \/ up[o] # "up" \/ Me(o) # standby[h] \/ image[o].from # Me(h) \/ ~image[o].open

LoseStandby(h) ==
  /\ up[h] = "up" /\ part[h] \in {"copying", "captured", "raising", "protected", "handing"} /\ IsLost(h)
  /\ part' = [part EXCEPT ![h] = IF @ \in {"copying", "captured"} THEN "running" ELSE "dropping"]
  /\ since' = [since EXCEPT ![h] = known[h].n]
  \* The stream is closed at both ends, or the standby notices later (LoseActive, EndStream).
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, proposed, guestVars, faultVars, ghosts>>

LoseActive(h) ==
  LET o == Other(h) IN
  /\ up[h] = "up" /\ part[h] = "holding" /\ known[h].standby = Me(h)
  /\ ~calm \/ up[o] # "up" \/ Me(o) # known[h].active
  /\ part' = [part EXCEPT ![h] = "claiming"]
  /\ image' = [image EXCEPT ![h].open = FALSE]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, guest, committed, faultVars, ghosts>>

\* The connection ends at the standby: ActiveRules.streamBroken.
EndStream(h) ==
  LET o == Other(h) IN
  /\ up[h] = "up" /\ image[h].open
  /\ \/ ~calm
     \/ up[o] # "up" \/ Me(o) # image[h].from
     \/ part[o] \notin {"copying", "captured", "raising", "protected", "handing"}
  /\ image' = [image EXCEPT ![h] = IF @.whole THEN [@ EXCEPT !.open = FALSE] ELSE NoImage]
  /\ part' = [part EXCEPT ![h] = IF @ = "receiving" THEN "idle" ELSE @]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, guest, committed, faultVars, ghosts>>

\* The guest's wish to boot again, where nothing of it is left here; the standby of a pair comes first, but
\* is not waited for for ever: StartRules.idle, .ownGuestDied, .leaveToStandby.
Start(h) ==
  LET o == Other(h) v == known[h] IN
  /\ up[h] = "up" /\ part[h] = "idle" /\ v.n > 0
  /\ \/ v.active.host = h /\ (v.active = Me(h) => IsPair(v) \/ proposed[h])
     \/ v.standby.host = h
     \/ Is("letsAnybodyGoOn")
  /\ calm /\ IsPair(v) =>      \* bootClaimAfter is over only when nobody with an image is there
       IF v.active.host = h
       THEN up[o] # "up" \/ v.standby # Me(o) \/ part[o] \notin {"holding", "claiming"}
       ELSE up[o] # "up"
  /\ part' = [part EXCEPT ![h] = "starting"]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, guestVars, faultVars, ghosts>>

\* The image's standby goes on in the place of a guest that died.
Yield(h) ==
  /\ up[h] = "up" /\ part[h] = "idle" /\ known[h].active = Me(h) /\ IsPair(known[h])
  /\ up[Other(h)] = "up" /\ Me(Other(h)) = known[h].standby
  /\ part' = [part EXCEPT ![h] = "yielding"]
  /\ standby' = [standby EXCEPT ![h] = known[h].standby]
  /\ UNCHANGED <<ledgerVars, up, life, known, since, proposed, guestVars, faultVars, ghosts>>

\* ... or has been silent, or lives anew, and so does not.
StopYielding(h) ==
  LET o == Other(h) IN
  /\ up[h] = "up" /\ part[h] = "yielding"
  /\ ~calm \/ up[o] # "up" \/ Me(o) # standby[h] \/ part[o] \notin {"holding", "claiming"}
  /\ part' = [part EXCEPT ![h] = "starting"]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, guestVars, faultVars, ghosts>>

-----------------------------------------------------------------------------
(* The ledger                                                                 *)

View(h, active, other) ==
  [n |-> known[h].n + 1, active |-> active, standby |-> other, by |-> Me(h)]

Wanted(h) ==
  CASE part[h] \in {"found", "starting", "dropping", "claiming"} -> {View(h, Me(h), Nobody)}
    [] part[h] = "raising" -> {View(h, Me(h), standby[h])}
    [] part[h] \in {"handing", "yielding"} -> {View(h, standby[h], Nobody)}
    [] OTHER -> {}

\* Asking again for the same is the same proposal: its answer may have been lost.
Propose(h) ==
  \E r \in Wanted(h) :
    /\ up[h] = "up" /\ known[h].n > 0
    /\ r \notin requests /\ Cardinality(requests) < MaxRequests
    /\ r.n <= MaxView \/ calm
    /\ Is("asksOnlyOnce") => asked[h] # r
    /\ requests' = requests \cup {r}
    /\ asked' = IF Is("asksOnlyOnce") THEN [asked EXCEPT ![h] = r] ELSE asked
    /\ proposed' = [proposed EXCEPT ![h] = TRUE]
    /\ UNCHANGED <<ledger, up, life, known, part, standby, since, guestVars, faultVars, ghosts>>

MayGoOn(v, h) ==
  \/ v.active.host = h \/ v.standby.host = h \/ Is("letsAnybodyGoOn")

MayFollow(v, r) ==
  IF IsPair(r) THEN v.active = r.active /\ ~IsPair(v) ELSE MayGoOn(v, r.active.host)

Decide ==
  \E r \in requests :
    /\ r.n = ledger.n + 1 \/ (Is("decidesByArrival") /\ r.n <= ledger.n)
    /\ MayFollow(ledger, r)
    /\ ledger' = [r EXCEPT !.n = ledger.n + 1]
    /\ requests' = {x \in requests \ {r} : Is("decidesByArrival") \/ x.n > r.n}
    /\ UNCHANGED <<asked, agentVars, guestVars, faultVars, ghosts>>

\* A proposal is lost on its way, or refused.
Lose ==
  \E r \in requests :
    /\ ~calm \/ r.n # ledger.n + 1 \/ ~MayFollow(ledger, r)
    /\ requests' = requests \ {r}
    /\ UNCHANGED <<ledger, asked, agentVars, guestVars, faultVars, ghosts>>

-----------------------------------------------------------------------------
(* What is learnt                                                             *)

KeepsImage(h, v) ==
  \/ v.active = image[h].from /\ v.standby = Me(h)
  \/ v.active = image[h].from /\ ~IsPair(v) /\ v.n <= image[h].since
  \/ part[h] = "claiming" /\ v.standby = Me(h)

IsMe(h, who) == who = Me(h) \/ (Is("servesUnderAnEarlierLife") /\ who.host = h /\ part[h] = "found")

Boots(h) ==
  /\ broken' = broken \cup (IF guest[h] >= 0 THEN {"AgentIsNotTheVm"} ELSE {})
                      \cup (IF image[h].whole /\ image[h].at >= seen /\ known[h].standby = Me(h)
                            THEN {"NothingAcknowledgedIsLost"} ELSE {})
  /\ guest' = [guest EXCEPT ![h] = 0]
  /\ image' = [image EXCEPT ![h] = NoImage]
  /\ run' = [host |-> h, at |-> 0, resumed |-> FALSE] /\ seen' = 0

To(h, p) == part' = [part EXCEPT ![h] = p]
DropImage(h) == /\ image' = [image EXCEPT ![h] = NoImage]
                /\ UNCHANGED <<guest, seen, run, broken>>
Keep == UNCHANGED <<guest, image, seen, run, broken>>

LearnAsActive(h, v) ==
  CASE part[h] = "found" -> To(h, "running") /\ Keep                          \* AdoptGuest
    [] part[h] = "starting" /\ (~IsPair(v) \/ Is("bootsUnderAPair")) -> To(h, "running") /\ Boots(h)
    [] part[h] = "starting" /\ IsPair(v) /\ ~Is("bootsUnderAPair") -> To(h, "idle") /\ Keep
    [] part[h] \in {"holding", "claiming"} ->
         IF Is("bootsWhereAnImageIs") THEN To(h, "running") /\ Boots(h)
         ELSE /\ To(h, "resuming") /\ image' = [image EXCEPT ![h].open = FALSE]
              /\ UNCHANGED <<guest, seen, run, broken>>
    [] part[h] = "dropping" /\ ~IsPair(v) /\ v.n > since[h] -> To(h, "running") /\ Keep
    [] part[h] = "raising" /\ v.standby = standby[h] -> To(h, "protected") /\ Keep
    [] part[h] = "yielding" /\ ~IsPair(v) -> To(h, "idle") /\ Keep
    [] part[h] = "receiving" -> To(h, "idle") /\ DropImage(h)
    [] OTHER -> UNCHANGED part /\ Keep

LearnAsEarlierLife(h) ==
  IF part[h] \in {"receiving", "holding", "claiming"} THEN To(h, "idle") /\ DropImage(h)
  ELSE UNCHANGED part /\ Keep

LearnAsOther(h, v) ==
  CASE part[h] \in {"idle", "receiving"} -> UNCHANGED part /\ Keep
    [] part[h] \in {"holding", "claiming"} ->
         IF KeepsImage(h, v) THEN UNCHANGED part /\ Keep ELSE To(h, "idle") /\ DropImage(h)
    [] OTHER -> IF Is("takesAnySoloForItsOwn") /\ part[h] = "dropping" /\ ~IsPair(v) THEN To(h, "running") /\ Keep
                ELSE /\ To(h, "idle")
                     /\ guest' = [guest EXCEPT ![h] = -1]                     \* KillGuest
                     /\ UNCHANGED <<image, seen, run, broken>>

Learn(h) ==
  /\ up[h] = "up" /\ known[h].n < ledger.n
  /\ known' = [known EXCEPT ![h] = ledger]
  /\ IF IsMe(h, ledger.active) THEN LearnAsActive(h, ledger)
     ELSE IF ledger.active.host = h THEN LearnAsEarlierLife(h)
     ELSE LearnAsOther(h, ledger)
  /\ proposed' = [proposed EXCEPT ![h] = FALSE]
  /\ UNCHANGED <<ledgerVars, up, life, standby, since, committed, faultVars>>

\* The image's QEMU goes on: a takeover.
Resume(h) ==
  /\ up[h] = "up"
  /\ part[h] = "resuming" \/ (part[h] = "claiming" /\ Is("resumesBeforeLearning"))
  /\ part' = [part EXCEPT ![h] = "running"]
  /\ guest' = [guest EXCEPT ![h] = image[h].at]
  /\ broken' = broken \cup (IF image[h].at < seen THEN {"OutputFollowsCommit"} ELSE {})
                      \cup (IF ~image[h].whole THEN {"OldDataIsNeverServedAsNew"} ELSE {})
  /\ run' = [host |-> h, at |-> image[h].at, resumed |-> TRUE] /\ seen' = image[h].at
  /\ image' = [image EXCEPT ![h] = NoImage]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, committed, faultVars>>

\* A solo VM whose guest died is booted at once; where a proposal for a pair is open, that is overtaken first.
BootAgain(h) ==
  /\ up[h] = "up" /\ part[h] = "idle" /\ known[h].active = Me(h) /\ ~IsPair(known[h])
  /\ Is("bootsBesideOpenProposal") \/ ~proposed[h]
  /\ To(h, "running") /\ Boots(h)
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, committed, faultVars>>

\* What nobody should do: the gate is opened by the view that was known all the time.
HearOldView(h) ==
  /\ Is("opensGateByTheOldView") /\ up[h] = "up" /\ part[h] = "dropping" /\ ~IsPair(known[h])
  /\ To(h, "running")
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, guestVars, faultVars, ghosts>>

-----------------------------------------------------------------------------
(* Faults                                                                     *)

Fault == ~calm /\ faults < MaxFaults /\ faults' = faults + 1 /\ UNCHANGED <<quorum, calm>>

Forget(h) ==
  /\ known' = [known EXCEPT ![h] = NoView]
  /\ standby' = [standby EXCEPT ![h] = Nobody] /\ since' = [since EXCEPT ![h] = 0]
  /\ committed' = [committed EXCEPT ![h] = 0] /\ proposed' = [proposed EXCEPT ![h] = FALSE]
  /\ UNCHANGED <<ledgerVars, life, ghosts>>

AgentDies(h) ==
  /\ up[h] = "up" /\ Fault /\ Forget(h)
  /\ up' = [up EXCEPT ![h] = "noagent"]
  /\ part' = [part EXCEPT ![h] = "idle"]
  /\ image' = [image EXCEPT ![h] =
       IF Is("keepsImageOfEarlierLife") /\ @.whole /\ guest[h] < 0
       THEN [@ EXCEPT !.at = 0, !.open = FALSE] ELSE NoImage]
  /\ UNCHANGED guest

HostDies(h) ==
  /\ up[h] # "down" /\ Fault /\ Forget(h)
  /\ up' = [up EXCEPT ![h] = "down"]
  /\ part' = [part EXCEPT ![h] = "idle"]
  /\ image' = [image EXCEPT ![h] = NoImage]
  /\ guest' = [guest EXCEPT ![h] = -1]

AgentStarts(h) ==
  LET keeps == Is("keepsImageOfEarlierLife") /\ image[h].whole IN
  /\ up[h] # "up"
  /\ up' = [up EXCEPT ![h] = "up"]
  /\ life' = [life EXCEPT ![h] = IF keeps THEN @ ELSE @ + 1]
  /\ part' = [part EXCEPT ![h] =
       IF guest[h] >= 0 THEN IF Is("bootsOverALivingGuest") THEN "starting" ELSE "found"
       ELSE IF keeps THEN "holding" ELSE "idle"]
  /\ UNCHANGED <<ledgerVars, known, standby, since, proposed, guestVars, faultVars, ghosts>>

\* QEMU ends: ActiveRules.guestGone.  While the agent is dead it finds nothing later.
GuestDies(h) ==
  /\ guest[h] >= 0 /\ Fault
  /\ guest' = [guest EXCEPT ![h] = -1]
  /\ part' = [part EXCEPT ![h] = IF @ = "protected" THEN "yielding" ELSE "idle"]
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, committed, image, ghosts>>

\* The image's QEMU ends, or does not take the image: StandbyRules.imageLost, ActiveRules.guestGone while resuming.
ImageDies(h) ==
  /\ up[h] = "up" /\ part[h] \in {"holding", "claiming", "resuming"} /\ Fault
  /\ IF part[h] = "resuming"
     THEN /\ To(h, "running") /\ guest' = [guest EXCEPT ![h] = 0]
          /\ image' = [image EXCEPT ![h] = NoImage]
          /\ run' = [host |-> h, at |-> 0, resumed |-> FALSE] /\ seen' = 0 /\ UNCHANGED broken
     ELSE To(h, "idle") /\ DropImage(h)
  /\ UNCHANGED <<ledgerVars, up, life, known, standby, since, proposed, committed>>

LoseQuorum ==
  /\ Is("asksLedgerWhenSolo") /\ quorum /\ quorum' = FALSE
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, faults, calm, ghosts>>

CalmDown ==
  /\ ~calm /\ calm' = TRUE
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, quorum, faults, ghosts>>

-----------------------------------------------------------------------------

Steps ==
  \/ Decide
  \/ \E h \in Hosts :
       \/ Frames(h) \/ Offer(h) \/ Ship(h) \/ Complete(h) \/ Committed(h)
       \/ LoseStandby(h) \/ LoseActive(h) \/ EndStream(h) \/ Start(h) \/ Yield(h) \/ StopYielding(h)
       \/ Propose(h) \/ Learn(h) \/ Resume(h) \/ BootAgain(h) \/ HearOldView(h) \/ AgentStarts(h)

Next ==
  \/ Steps \/ Lose \/ LoseQuorum
  \/ \E h \in Hosts : \/ Work(h) \/ HandOver(h) \/ AgentDies(h) \/ HostDies(h) \/ GuestDies(h) \/ ImageDies(h)

Safety == Init /\ [][Next]_vars

\* For EveryFaultHeals: at some time faults end, and whatever can be done is done in the end.
Liveness ==
  /\ Init /\ [][Next \/ CalmDown]_vars
  /\ WF_vars(CalmDown) /\ WF_vars(Lose /\ calm) /\ WF_vars(Decide)
  /\ \A h \in Hosts :
       /\ WF_vars(Offer(h)) /\ WF_vars(Ship(h)) /\ WF_vars(Committed(h)) /\ WF_vars(LoseStandby(h))
       /\ WF_vars(LoseActive(h)) /\ WF_vars(EndStream(h)) /\ WF_vars(Start(h)) /\ WF_vars(Yield(h))
       /\ WF_vars(StopYielding(h)) /\ WF_vars(Propose(h)) /\ WF_vars(Learn(h)) /\ WF_vars(Resume(h))
       /\ WF_vars(BootAgain(h)) /\ WF_vars(AgentStarts(h))

-----------------------------------------------------------------------------
(* Invariants, by their names in docs/specification.md                        *)

\* Never do two hosts let out what they like; and who was replaced says nothing new.
OneRunner ==
  /\ "OneRunner" \notin broken
  /\ ~(IsOpen("a") /\ IsOpen("b"))

\* Nobody boots beside an image that could go on.
NothingAcknowledgedIsLost == "NothingAcknowledgedIsLost" \notin broken

\* Whoever goes on has what the world saw; so has the standby of a pair at any time.
OutputFollowsCommit ==
  /\ "OutputFollowsCommit" \notin broken
  /\ \A h \in Hosts :
       (ledger.standby = Me(h) /\ image[h].whole /\ image[h].from = ledger.active
          /\ run.host = ledger.active.host)
       => image[h].at >= seen

\* Nothing but a whole image goes on.
OldDataIsNeverServedAsNew == "OldDataIsNeverServedAsNew" \notin broken

\* Who runs alone lets output out, whatever became of the ledger.
SoloNeedsNoQuorum ==
  \A h \in Hosts : up[h] = "up" /\ part[h] = "running" /\ guest[h] >= 0 => IsOpen(h)

\* A guest is not ended or started over because its agent was.
AgentIsNotTheVm == "AgentIsNotTheVm" \notin broken

IsProtected == \E h \in Hosts :
  /\ part[h] = "protected" /\ guest[h] >= 0 /\ Streams(h) /\ ledger = known[h]
  /\ part[Other(h)] = "holding"
EveryFaultHeals == <>[]IsProtected
=============================================================================
