-------------------------------- MODULE Grant --------------------------------
(* What becomes of a VM when the witness is lost and then a host: the vote    *)
(* moves to an alternate witness, or, with nobody to take it, the two hosts   *)
(* record a standing solo grant.                                              *)
(*                                                                            *)
(* The grant mirrors classes in `protocol':                                   *)
(*                                                                            *)
(*   MayFollow                       Transitions.grantRefusal                 *)
(*   AskForGrant, AskForEnd          GrantRules.wish, .turned; ProposalRules  *)
(*   tight                           Succession.isExposed                     *)
(*   MayGoAlone, GoAlone             GrantRules.mayGoAlone, .use, .recorded   *)
(*   alone, on disk                  SoloGrant.OnDisk; `AloneWords' in agent  *)
(*   AskForSolo                      ProposalRules.wish, .aloneAfter          *)
(*   TakeOver                        StandbyRules.mayClaim, View.takers       *)
(*   Forget, a new life              GrantRules.found                         *)
(*                                                                            *)
(* In the code a word that may be on disk binds while it is written and while *)
(* it is erased, too; and a host that finds none after a loss of power ends   *)
(* the grant, so that the standby can go on from its image (leavesToStandby). *)
(*                                                                            *)
(* A vote that moves is one step here, and coarser than the code: any host    *)
(* may ask for it at any time, as a view that names other voters, and a       *)
(* majority of the old voters and of the new ones takes it.  In the code the  *)
(* agent that leads the ledger looks for better voters (Electorate) and waits *)
(* 20 s (VoterWatch); then a change of Raft's configuration moves the vote    *)
(* (RatisLedger), which is no view and decides nothing about a VM.  What the  *)
(* code has besides is not here: five voters, a vote that comes back, an      *)
(* agent that has lost its copy.  ChangeOfVotersTest, NewcomerModelTest and   *)
(* the simulator have it.                                                     *)
(*                                                                            *)
(* That a proposal is decided by a majority of voters, once for each number,  *)
(* mirrors LedgerState in Ratis; that a new life's first view counts its own  *)
(* replica alone mirrors VolumeNews.atStart.                                  *)
(*                                                                            *)
(* Hosts a and b, witness w, perhaps an alternate x.  Each voter has a copy   *)
(* of the ledger; a step of the ledger is taken by a majority at once, and    *)
(* goes on from the newest copy among them.  A link that is cut is a majority *)
(* that does not come about, so there is no variable for links: who is up may *)
(* decide with any others that are up, and may hold anybody for lost.         *)
(*                                                                            *)
(* The rules: while a grant stands, the active may go on alone unasked, which *)
(* it writes down first; the standby may not take over; and only the active   *)
(* ends the grant, which it obeys from before it asks.  A disk is the number  *)
(* of the last write (its details are in Mirror).                             *)
(*                                                                            *)
(* Not here: force-start, which may make two runners and says so.             *)
EXTENDS Integers, FiniteSets

CONSTANTS HasAlternate, MaxView, MaxWrites, MaxFaults, MaxRequests,
          Broken       \* rules that are broken on purpose; {} is the design

Rules == {
  "takesOverUnderTheGrant",     \* the ledger lets the standby take over while the grant stands
  "endsTheGrantWithoutActive",  \* the standby ends the grant
  "goesAloneAfterTheEnd",       \* the active uses a grant whose end it has asked for
  "goesAloneWithoutGrant",      \* the active goes on alone unasked, and there is no grant
  "forgetsThatItIsAlone",       \* it went on alone, and did not write that down
  "trustsThePairAfterRestart",  \* a new life goes on as the view says, not with its replica alone
  "asksUnderTheGrant",          \* the active asks the ledger although there is a grant
  "movesTheVoteAlone" }         \* a host moves the witness's vote without a majority
ASSUME Broken \subseteq Rules
Is(rule) == rule \in Broken

Hosts == {"a", "b"}
Other(h) == IF h = "a" THEN "b" ELSE "a"
Nodes == {"a", "b", "w"} \cup (IF HasAlternate THEN {"x"} ELSE {})
Three == {"a", "b", "w"}
NoView == [n |-> 0, active |-> "-", paired |-> FALSE, grant |-> FALSE, voters |-> {}, by |-> <<"-", 0>>]

VARIABLES
  copy,      \* each voter's copy of the ledger
  requests,  \* proposals under way
  up,        \* nodes that are up
  life,      \* of each host's agent
  known,     \* what each host has learnt in this life
  mine,      \* the known view was asked for in this life
  alone,     \* went on alone under a grant: on disk
  tight,     \* asked for the end of the grant, or for a pair: obeys it already
  have,      \* the last write on each host's disk
  next, faults,
  acked,     \* ghost: the last write that was answered
  ran        \* ghost: went on alone, and nothing but its agent has died since
vars == <<copy, requests, up, life, known, mine, alone, tight, have, next, faults, acked, ran>>

First == [n |-> 1, active |-> "a", paired |-> TRUE, grant |-> FALSE, voters |-> Three, by |-> <<"a", 0>>]
Init ==
  /\ copy = [v \in Nodes |-> IF v \in Three THEN First ELSE NoView]
  /\ requests = {} /\ up = Nodes /\ life = [h \in Hosts |-> 0] /\ ran = [h \in Hosts |-> FALSE]
  /\ known = [h \in Hosts |-> First] /\ mine = [h \in Hosts |-> TRUE]
  /\ alone = [h \in Hosts |-> FALSE] /\ tight = [h \in Hosts |-> FALSE]
  /\ have = [h \in Hosts |-> 0] /\ next = 1 /\ faults = 0 /\ acked = 0

-----------------------------------------------------------------------------
(* The ledger                                                                 *)

IsMajority(group, voters) == 2 * Cardinality(group \cap voters) > Cardinality(voters)
Newest(group) == CHOOSE v \in {copy[x] : x \in group} : \A x \in group : copy[x].n <= v.n

\* Groups that are up and may decide.
Majorities == {g \in SUBSET up : g # {} /\ IsMajority(g, Newest(g).voters)}

MayFollow(view, r) ==
  IF r.active = view.active
  THEN r.by[1] = r.active \/ (Is("endsTheGrantWithoutActive") /\ view.grant) \/ r.voters # view.voters
  ELSE view.paired /\ (~view.grant \/ Is("takesOverUnderTheGrant"))

Decide == \E r \in requests, g \in Majorities :
  /\ Newest(g).n = r.n - 1 /\ MayFollow(Newest(g), r) /\ IsMajority(g, r.voters)
  /\ copy' = [v \in Nodes |-> IF v \in g THEN r ELSE copy[v]]
  /\ requests' = {q \in requests : q.n > r.n}
  /\ UNCHANGED <<up, life, ran, known, mine, alone, tight, have, next, faults, acked>>

\* Two that cannot hear the others agree that one of them votes.
DecideAlone == \E r \in requests, h \in Hosts :
  /\ Is("movesTheVoteAlone") /\ {h, "x"} \subseteq up /\ r.by[1] = h /\ r.voters # copy[h].voters
  /\ copy[h].n = r.n - 1
  /\ copy' = [v \in Nodes |-> IF v \in {h, "x"} THEN r ELSE copy[v]]
  /\ requests' = requests \ {r}
  /\ UNCHANGED <<up, life, ran, known, mine, alone, tight, have, next, faults, acked>>

\* Linearizable: a majority answers.
Learn(h) == \E g \in Majorities :
  LET v == Newest(g) IN
  /\ h \in up /\ known[h].n < v.n
  /\ known' = [known EXCEPT ![h] = v]
  /\ mine' = [mine EXCEPT ![h] = v.by = <<h, life[h]>>]
  /\ ran' = [ran EXCEPT ![h] = @ /\ v.active = h /\ v.paired]
  /\ tight' = [tight EXCEPT ![h] = FALSE]
  /\ alone' = [alone EXCEPT ![h] = @ /\ v.active = h /\ v.paired]
  /\ UNCHANGED <<copy, requests, up, life, have, next, faults, acked>>

Ask(h, r) ==
  /\ r \notin requests /\ r.n <= MaxView /\ Cardinality(requests) < MaxRequests
  /\ requests' = requests \cup {r}
  /\ UNCHANGED <<copy, up, life, known, mine, alone, next, faults, acked, ran>>
NextView(h) == [known[h] EXCEPT !.n = @ + 1, !.by = <<h, life[h]>>]

-----------------------------------------------------------------------------
(* What a host may do                                                         *)

IsActive(h) == h \in up /\ known[h].n > 0 /\ known[h].active = h
               /\ (mine[h] \/ Is("trustsThePairAfterRestart"))

MayGoAlone(h) ==
  /\ IsActive(h) /\ known[h].paired
  /\ known[h].grant \/ Is("goesAloneWithoutGrant")
  /\ ~tight[h] \/ Is("goesAloneAfterTheEnd")
  /\ Is("asksUnderTheGrant") => Majorities # {}

\* Its own word on its own disk, of this start of the host, is enough for a new life.
IsAlone(h) == h \in up /\ (alone[h] \/ (IsActive(h) /\ ~known[h].paired /\ ~tight[h]))
IsPaired(h) == IsActive(h) /\ ~alone[h] /\ (known[h].paired \/ tight[h])
Takes(o, h) == o \in up /\ 0 < known[o].n /\ known[o].n <= known[h].n /\ known[o].active # o

Write(h) ==
  LET o == Other(h) IN
  /\ next <= MaxWrites /\ next' = next + 1 /\ acked' = next
  /\ \/ IsAlone(h) /\ have' = [have EXCEPT ![h] = next]
     \/ IsPaired(h) /\ Takes(o, h) /\ have' = [x \in Hosts |-> next]
  /\ UNCHANGED <<copy, requests, up, life, known, mine, alone, tight, faults, ran>>

GoAlone(h) ==
  /\ MayGoAlone(h) /\ ~alone[h] /\ alone' = [alone EXCEPT ![h] = TRUE] /\ ran' = [ran EXCEPT ![h] = TRUE]
  /\ UNCHANGED <<copy, requests, up, life, known, mine, tight, have, next, faults, acked>>

AskForGrant(h) ==
  /\ IsActive(h) /\ known[h].paired /\ ~known[h].grant /\ ~alone[h]
  /\ Ask(h, [NextView(h) EXCEPT !.grant = TRUE]) /\ UNCHANGED <<tight, have>>

AskForEnd(h) ==
  /\ IsActive(h) /\ known[h].grant /\ known[h].paired /\ ~alone[h]
  /\ Ask(h, [NextView(h) EXCEPT !.grant = FALSE])
  /\ tight' = [tight EXCEPT ![h] = TRUE] /\ UNCHANGED have

AskForEndOfAnother(h) ==
  /\ Is("endsTheGrantWithoutActive") /\ h \in up /\ known[h].grant /\ known[h].active = Other(h)
  /\ Ask(h, [NextView(h) EXCEPT !.grant = FALSE]) /\ UNCHANGED <<tight, have>>

\* Who goes on alone tells the ledger when it can.  A new life begins with its own replica alone.
AskForSolo(h) ==
  /\ h \in up /\ known[h].active = h /\ (known[h].paired \/ ~mine[h])
  /\ Ask(h, [NextView(h) EXCEPT !.paired = FALSE, !.grant = FALSE]) /\ UNCHANGED <<tight, have>>

TakeOver(h) ==
  /\ h \in up /\ known[h].active = Other(h) /\ known[h].paired
  /\ ~known[h].grant \/ Is("takesOverUnderTheGrant")
  /\ Ask(h, [NextView(h) EXCEPT !.active = h, !.paired = FALSE, !.grant = FALSE])
  /\ UNCHANGED <<tight, have>>

\* The other host gets a copy, and the pair is asked for.
Join(h) ==
  LET o == Other(h) IN
  /\ IsAlone(h) /\ IsActive(h) /\ ~known[h].paired /\ Takes(o, h) /\ known[o].n = known[h].n
  /\ Ask(h, [NextView(h) EXCEPT !.paired = TRUE])
  /\ have' = [have EXCEPT ![o] = have[h]]
  /\ tight' = [tight EXCEPT ![h] = TRUE]

\* The other branch: the witness's vote goes to the alternate.
AskToMoveVote(h) ==
  /\ HasAlternate /\ h \in up /\ known[h].n > 0 /\ known[h].voters = Three
  /\ Ask(h, [NextView(h) EXCEPT !.voters = {"a", "b", "x"}]) /\ UNCHANGED <<tight, have>>

-----------------------------------------------------------------------------
(* Faults                                                                     *)

Forget(h, forgets) ==
  /\ known' = [k \in Hosts |-> IF k = h THEN NoView ELSE known[k]]
  /\ mine' = [k \in Hosts |-> IF k = h THEN FALSE ELSE mine[k]]
  /\ tight' = [k \in Hosts |-> IF k = h THEN FALSE ELSE tight[k]]
  /\ alone' = [k \in Hosts |-> IF k = h /\ forgets THEN FALSE ELSE alone[k]]
  /\ life' = [k \in Hosts |-> IF k = h THEN life[k] + 1 ELSE life[k]]
  /\ UNCHANGED <<copy, requests, have, next, acked>>
Fault == faults < MaxFaults /\ faults' = faults + 1

\* An agent dies and lives anew: what it wrote down is there.
RestartAgent(h) == h \in up /\ Fault /\ Forget(h, Is("forgetsThatItIsAlone")) /\ UNCHANGED <<up, ran>>
\* A node loses its power; after that only the ledger's word counts.
Crash(v) == /\ v \in up /\ Fault /\ up' = up \ {v} /\ Forget(v, TRUE)
            /\ ran' = [k \in Hosts |-> k # v /\ ran[k]]
Return(v) == /\ v \notin up /\ up' = up \cup {v}
             /\ UNCHANGED <<copy, requests, life, known, mine, alone, tight, have, next, faults, acked, ran>>

Next ==
  \/ Decide \/ DecideAlone \/ \E v \in Nodes : Crash(v) \/ Return(v)
  \/ \E h \in Hosts :
       \/ Learn(h) \/ Write(h) \/ GoAlone(h) \/ AskForGrant(h) \/ AskForEnd(h) \/ AskForEndOfAnother(h)
       \/ AskForSolo(h) \/ TakeOver(h) \/ Join(h) \/ AskToMoveVote(h) \/ RestartAgent(h)
Safety == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants, by their names in docs/specification.md                        *)

CanAnswer(h) == IsAlone(h) \/ (IsPaired(h) /\ Takes(Other(h), h))

OneRunner ==
  /\ ~(CanAnswer("a") /\ CanAnswer("b"))
  /\ \A u, v \in Nodes : copy[u].n = copy[v].n => copy[u] = copy[v]

NothingAcknowledgedIsLost == \A h \in Hosts : CanAnswer(h) => have[h] >= acked

\* The witness is lost, and then the standby's host: the active needs nobody.
SoloNeedsNoQuorum == \A h \in Hosts :
  IsActive(h) /\ known[h].paired /\ known[h].grant /\ ~tight[h] => IsAlone(h) \/ MayGoAlone(h)

\* A new life of the agent goes on alone without asking anybody, where the last one did.
AgentIsNotTheVm == \A h \in Hosts : ran[h] /\ h \in up => IsAlone(h)
=============================================================================
