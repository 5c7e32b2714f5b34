-------------------------------- MODULE Mirror -------------------------------
(* The disks of a VM of level `component': which replicas are in sync, what   *)
(* their activity logs and dirty maps say, what a copy clears, and who may    *)
(* begin with what after which loss.                                          *)
(*                                                                            *)
(* One VM, two hosts, one or more volumes, one ledger.  The classes mirrored  *)
(* are in `protocol' and `volume':                                            *)
(*                                                                            *)
(*   Learn, Propose, Wish, AtStart   ViewMachine, VolumeNews                  *)
(*   Decide, MayFollow               LedgerState, VolumeTransitions,          *)
(*                                   View#starters                            *)
(*   Need, Lose, StartCopy, CatchUp  MirrorMachine                            *)
(*   Write, Apply, Answer, Flush     MirroredVolume, Batch, Flushes           *)
(*   log, marks                      ActivityLog, DirtyMap, Tracking          *)
(*   Retire, RetireAtPeer            MirroredVolume, Retirer                  *)
(*   CatchUp                         Resync                                   *)
(*   Begin, Boot                     VolumeHost, HostBoot                     *)
(*   Replace                         ReplicaFolder                            *)
(*                                                                            *)
(* That another host takes over (View#takers) is a Begin, too; here it comes  *)
(* at any time, and the wait for the lease is in Lease.                       *)
(*                                                                            *)
(* A volume is one extent of one block: its content is the number of the last *)
(* write, 0 if it is empty.  `cache' is what a read sees, `durable' what a    *)
(* loss of power leaves.  Silence, delay and wrong suspicion are steps that   *)
(* do not come, and steps that come at any time (see Views).                  *)
(*                                                                            *)
(* Not here: checksums and rot, several extents, frames and their lease       *)
(* (Lease), RAM (Views).                                                      *)
EXTENDS Integers, FiniteSets

CONSTANTS Volumes, MaxView, MaxWrites, MaxFaults, MaxRequests,
          Broken       \* rules that are broken on purpose; {} is what the code does

Rules == {
  "answersBeforeLearning",    \* a write is answered without a replica that failed, before a view says so
  "answersWithOneReplica",    \* a write is answered when one replica in sync has it
  "takesWritesOfOlderViews",  \* a replica takes the writes of an active that was deposed
  "takesOverOutOfSync",       \* a host takes over, as in sync, that has no volume in sync, and the ledger lets it
  "takesOverWithOneVolume",   \* ... that has one volume in sync, and not the other
  "joinsWithoutTightening",   \* writes are answered that a replica on its way in does not have
  "forgetsWhoWasPromised",    \* a replica that failed on its way in is not waited for
  "joinsBeforeWhole",         \* a replica is asked for before it was copied
  "clearsWithoutCopy",        \* a mark is cleared, and nothing was copied
  "clearsBeforeDurable",      \* a mark is cleared, and the copy is only in the target's cache
  "leavesOutJoinersLog",      \* a copy does not look at the joiner's activity log
  "goesSoloWithoutMarks",     \* who goes on alone does not turn its log into marks
  "logsOnlyWhereItWrites",    \* an extent is logged by the replica that is written, not by the active first
  "retiresWhenDurableHere",   \* an active retires what the other replica has not made durable
  "deposedRetires",           \* a deposed replica retires what is durable on it
  "flushesHereOnly",          \* a flush is answered when the active's replica is durable
  "rebootedReplicaGoesOn",    \* a replica that lost its cache goes on as if nothing had been
  "rebootedReplicaComesFirst",\* a host that lost its cache begins although the other did not
  "beginsWithAllReplicas",    \* a new life begins with all replicas, not with one alone
  "bootsWithoutSync",         \* a guest is booted from what is only in a cache
  "emptyPassesForAReplica",   \* an empty file in the place of a replica is taken for it
  "readsHereAlways",          \* reads are answered by the active's replica, in sync or not
  "readsUnansweredWrites" }   \* a read sees a write that is not answered yet
ASSUME Broken \subseteq Rules
Is(rule) == rule \in Broken

Hosts == {"a", "b"}
Other(h) == IF h = "a" THEN "b" ELSE "a"
NoView == [n |-> 0, host |-> "-", life |-> 0, inSync |-> [v \in Volumes |-> {}], worse |-> {}]
Max(x, y) == IF x > y THEN x ELSE y

VARIABLES
  ledger,    \* the newest view: number, active host and life, replicas in sync; and as a ghost the volumes
             \* of which it took a replica that lost its cache, although another one had not
  requests,  \* proposals under way: each may land late, or never
  up,        \* of a host: "up", "noagent" (its QEMU may live), "down"
  life,      \* how often its agent was started
  known,     \* the newest view that this life has learnt
  runs,      \* a QEMU with the guest is here
  serving,   \* what the agent knows of each volume: see Idle
  promised,  \* replicas that an open proposal of this life calls in sync
  disk,      \* the replicas: see Fresh
  next,      \* the number of the next write
  faults,
  acked,     \* ghost: of each volume, the last write that was answered
  flushed,   \* ghost: ... that was flushed
  gone,      \* ghost: ... contents that a start has discarded
  runner,    \* ghost: the host of the last start
  broken     \* ghost: invariants that an action has broken

ledgerVars == <<ledger, requests>>
agentVars  == <<up, life, known, runs, serving, promised>>
ghosts     == <<acked, flushed, gone, runner, broken>>
vars == <<ledgerVars, agentVars, disk, next, faults, ghosts>>

\* write: taken from the guest and not answered (QEMU repeats it to a new life); got: who has it;
\* out: replicas that failed; coming: those that a copy made whole
Idle == [write |-> 0, got |-> {}, out |-> {}, coming |-> {}, copies |-> FALSE]
\* works: the disk answers; lossy: it lost its cache since it was in sync; empty: it was replaced
Fresh == [cache |-> 1, durable |-> 1, log |-> FALSE, marks |-> FALSE, works |-> TRUE,
          lossy |-> FALSE, empty |-> FALSE]

Init ==
  /\ ledger = [n |-> 1, host |-> "a", life |-> 0, inSync |-> [v \in Volumes |-> Hosts], worse |-> {}]
  /\ requests = {}
  /\ up = [h \in Hosts |-> "up"] /\ life = [h \in Hosts |-> 0] /\ known = [h \in Hosts |-> ledger]
  /\ runs = [h \in Hosts |-> h = "a"]
  /\ serving = [h \in Hosts |-> [v \in Volumes |-> Idle]]
  /\ promised = [h \in Hosts |-> [v \in Volumes |-> {}]]
  /\ disk = [h \in Hosts |-> [v \in Volumes |-> Fresh]]
  /\ next = 2 /\ faults = 0
  /\ acked = [v \in Volumes |-> 1] /\ flushed = [v \in Volumes |-> 1] /\ gone = [v \in Volumes |-> {}]
  /\ runner = "a" /\ broken = {}

IsMine(h) == up[h] = "up" /\ known[h].host = h /\ known[h].life = life[h] /\ known[h].n > 0
Serves(h) == IsMine(h) /\ runs[h]
InSync(h, v) == known[h].inSync[v]

\* What an answer waits for: the stricter of the known view and all that was asked for.
Need(h, v) ==
  LET s == serving[h][v] IN
  CASE Is("joinsWithoutTightening") -> InSync(h, v)
    [] Is("forgetsWhoWasPromised") -> InSync(h, v) \cup s.coming
    [] OTHER -> InSync(h, v) \cup s.coming \cup promised[h][v]

\* h's replica of v is there for who is active on `from'.
Answers(from, h, v) ==
  LET d == disk[h][v] IN
  /\ up[h] = "up" /\ d.works
  /\ ~d.empty \/ h \notin InSync(from, v) \/ Is("emptyPassesForAReplica")
  /\ ~d.lossy \/ serving[from][v].copies \/ InSync(from, v) = {h} \/ Is("rebootedReplicaGoesOn")
  /\ h # from => known[h].n = known[from].n \/ (Is("takesWritesOfOlderViews") /\ known[h].n > known[from].n)

Set(h, v, d) == disk' = [disk EXCEPT ![h][v] = d]
Serve(h, v, s) == serving' = [serving EXCEPT ![h][v] = s]

-----------------------------------------------------------------------------
(* Writes, reads, flushes                                                     *)

Write(h, v) ==
  /\ Serves(h) /\ serving[h][v].write = 0 /\ next <= MaxWrites + 1
  /\ Serve(h, v, [serving[h][v] EXCEPT !.write = next, !.got = {}])
  /\ next' = next + 1
  /\ UNCHANGED <<ledgerVars, up, life, known, runs, promised, disk, faults, ghosts>>

Targets(h, v) == Need(h, v) \cup (IF serving[h][v].copies THEN Hosts ELSE {})
IsSolo(h, v) == InSync(h, v) # Hosts

\* The write reaches r.  Before, the extent is in the log of r, and in the active's: before any replica is
\* written.  Else the peer could write it, retire it as durable, and take over, and no log would know of it.
\* Who is alone in sync marks what the other one lacks.
Apply(h, v, r) ==
  LET s == serving[h][v] o == Other(r) IN
  /\ Serves(h) /\ s.write # 0 /\ r \in Targets(h, v) \ s.got /\ Answers(h, r, v)
  /\ h \in InSync(h, v) => disk[h][v].works \/ disk[h][v].log \/ Is("logsOnlyWhereItWrites")
  /\ disk' = [disk EXCEPT
       ![r][v] = [@ EXCEPT !.cache = s.write, !.log = TRUE,
                           !.marks = @ \/ (IsSolo(h, v) /\ r \in InSync(h, v))],
       ![o][v] = [@ EXCEPT !.log = @ \/ (o = h /\ disk[o][v].works /\ ~Is("logsOnlyWhereItWrites"))]]
  /\ Serve(h, v, [s EXCEPT !.got = @ \cup {r}])
  /\ broken' = broken \cup (IF runner # h /\ r # h /\ known[r].n > known[h].n THEN {"OneRunner"} ELSE {})
  /\ UNCHANGED <<ledgerVars, up, life, known, runs, promised, next, faults, acked, flushed, gone, runner>>

IsHeld(h, v) == serving[h][v].out \cap Need(h, v) # {}

Answer(h, v) ==
  LET s == serving[h][v] IN
  /\ Serves(h) /\ s.write # 0
  /\ \/ Need(h, v) \subseteq s.got /\ ~IsHeld(h, v)
     \/ Is("answersBeforeLearning") /\ Need(h, v) \ s.out \subseteq s.got /\ s.got # {}
     \/ Is("answersWithOneReplica") /\ s.got # {}
  /\ Serve(h, v, [s EXCEPT !.write = 0, !.got = {}])
  /\ acked' = IF runner = h THEN [acked EXCEPT ![v] = s.write] ELSE acked
  \* (The late answer to a write that was not flushed, and that its taker lost with its cache, is as good as lost.)
  /\ broken' = broken \cup (IF s.write \in gone[v] /\ ~disk[Other(h)][v].lossy THEN {"OneRunner"} ELSE {})
  /\ UNCHANGED <<ledgerVars, up, life, known, runs, promised, disk, next, faults, flushed, gone, runner>>

Source(h, v) == IF h \in InSync(h, v) THEN h ELSE CHOOSE r \in InSync(h, v) : TRUE

\* A read that overlaps an unanswered write waits for it.
Read(h, v) ==
  LET from == IF Is("readsHereAlways") THEN h ELSE Source(h, v)
      c == disk[from][v].cache IN
  /\ Serves(h) /\ runner = h
  /\ Answers(h, from, v) \/ (Is("readsHereAlways") /\ disk[h][v].works)
  /\ serving[h][v].write = 0 \/ Is("readsUnansweredWrites")
  /\ c # acked[v]
  /\ acked' = [acked EXCEPT ![v] = Max(@, c)]
  /\ broken' = broken \cup (IF c < acked[v] /\ (~disk[from][v].lossy \/ from \notin InSync(h, v))
                            THEN {"OldDataIsNeverServedAsNew"} ELSE {})
  /\ UNCHANGED <<ledgerVars, agentVars, disk, next, faults, flushed, gone, runner>>

\* (Where the only replica in sync has lost its cache by an error, nothing more can be promised of what it had.)
Flush(h, v) ==
  LET them == IF Is("flushesHereOnly") THEN {h} ELSE Need(h, v) IN
  /\ Serves(h) /\ runner = h /\ serving[h][v].write = 0 /\ flushed[v] < acked[v] /\ ~IsHeld(h, v)
  /\ \A r \in them : Answers(h, r, v)
  /\ disk' = [r \in Hosts |-> IF r \in them THEN [disk[r] EXCEPT ![v].durable = disk[r][v].cache] ELSE disk[r]]
  /\ flushed' = [flushed EXCEPT ![v] = IF \A r \in them : disk[r][v].lossy THEN @ ELSE acked[v]]
  /\ UNCHANGED <<ledgerVars, agentVars, next, faults, acked, gone, runner, broken>>

\* The kernel writes back when it likes.
WriteBack(h, v) ==
  /\ up[h] # "down" /\ disk[h][v].works /\ disk[h][v].durable # disk[h][v].cache
  /\ Set(h, v, [disk[h][v] EXCEPT !.durable = disk[h][v].cache])
  /\ UNCHANGED <<ledgerVars, agentVars, next, faults, ghosts>>

\* An active whose replica counts forgets what is the same and durable on all that count.
Retire(h, v) ==
  LET them == Need(h, v) IN
  /\ Serves(h) /\ h \in them /\ disk[h][v].log /\ disk[h][v].works
  /\ IF Is("retiresWhenDurableHere") THEN disk[h][v].durable = disk[h][v].cache
     ELSE /\ serving[h][v].write = 0 /\ ~IsHeld(h, v)
          /\ \A r \in them :
               /\ Answers(h, r, v) /\ disk[r][v].durable = disk[r][v].cache
               /\ disk[r][v].cache = disk[Source(h, v)][v].cache
  /\ Set(h, v, [disk[h][v] EXCEPT !.log = FALSE])
  /\ UNCHANGED <<ledgerVars, agentVars, next, faults, ghosts>>

\* The standby of a live pair forgets what is durable there: the active's log has it.  A deposed one does not.
RetireAtPeer(h, v) ==
  /\ up[h] = "up" /\ known[h].n > 0 /\ disk[h][v].works /\ disk[h][v].log /\ ~runs[h]
  /\ known[h].host # h /\ (h \in InSync(h, v) \/ Is("deposedRetires"))
  /\ disk[h][v].durable = disk[h][v].cache
  /\ Set(h, v, [disk[h][v] EXCEPT !.log = FALSE])
  /\ UNCHANGED <<ledgerVars, agentVars, next, faults, ghosts>>

-----------------------------------------------------------------------------
(* What the active makes of it                                                *)

\* A replica fails, or is held to have failed, rightly or not.  The active's own one fails only truly.
Lose(h, v, r) ==
  LET s == serving[h][v] IN
  /\ Serves(h) /\ r \in Targets(h, v) \ s.out
  /\ r = h => ~disk[h][v].works \/ disk[h][v].lossy \/ disk[h][v].empty
  /\ Serve(h, v, [s EXCEPT !.copies = FALSE, !.coming = {}, !.got = @ \ {r},
                           !.out = IF r \in Need(h, v) THEN @ \cup {r} ELSE @])
  /\ UNCHANGED <<ledgerVars, up, life, known, runs, promised, disk, next, faults, ghosts>>

\* The only one in sync is there again (ViewInput.ReplicaRecovered); what is not answered is written to it anew.
\* Not while the other one is on its way in: then that one may have what this one lost (MirrorMachine.ready).
Recover(h, v, r) ==
  /\ Serves(h) /\ r \in serving[h][v].out /\ InSync(h, v) = {r} /\ Answers(h, r, v)
  /\ promised[h][v] \subseteq InSync(h, v)
  /\ Serve(h, v, [serving[h][v] EXCEPT !.out = @ \ {r}, !.got = @ \ {r}])
  /\ UNCHANGED <<ledgerVars, up, life, known, runs, promised, disk, next, faults, ghosts>>

\* VolumeNews.wish: one that is in sync stays, failed or not.
Wish(h, v) ==
  LET rest == InSync(h, v) \ serving[h][v].out IN
  (IF rest = {} THEN InSync(h, v) ELSE rest) \cup serving[h][v].coming

View(h, inSync) == [n |-> known[h].n + 1, host |-> h, life |-> life[h], inSync |-> inSync, worse |-> {}]
Ask(h, r) ==
  /\ r \notin requests /\ r.n <= MaxView /\ Cardinality(requests) < MaxRequests
  /\ requests' = requests \cup {r}
  /\ promised' = [promised EXCEPT ![h] = [v \in Volumes |-> @[v] \cup r.inSync[v]]]
  /\ UNCHANGED <<ledger, up, life, known, runs, serving, disk, next, faults, ghosts>>

\* What is open is overtaken, even by a view that changes nothing.
Propose(h) ==
  LET wish == [v \in Volumes |-> Wish(h, v)] IN
  /\ Serves(h)
  /\ wish # known[h].inSync \/ \E v \in Volumes : promised[h][v] \ InSync(h, v) # {}
  /\ Ask(h, View(h, wish))

IsGood(h, v) == up[h] # "down" /\ disk[h][v].works /\ ~disk[h][v].lossy /\ ~disk[h][v].empty

\* VolumeNews.atStart, MirrorMachine.wantedAtFirst: its own replica alone, if that is in sync, works, and has
\* lost nothing that the other one has; else the others'.
AtStart(h, v) ==
  LET others == InSync(h, v) \ {h}
      ownFits == /\ h \in InSync(h, v) /\ disk[h][v].works
                 /\ ~disk[h][v].empty \/ Is("emptyPassesForAReplica")
      otherIsBetter == /\ others # {} /\ disk[h][v].lossy /\ ~Is("rebootedReplicaComesFirst")
                       /\ \A r \in others : IsGood(r, v)
  IN CASE Is("beginsWithAllReplicas") -> InSync(h, v)
       [] ownFits /\ ~otherIsBetter -> {h}
       [] others # {} -> others
       [] OTHER -> InSync(h, v)

HasAll(view, h) == \A v \in Volumes : h \in view.inSync[v]
HasOne(view, h) == \E v \in Volumes : h \in view.inSync[v]
IsStarter(view, h) == HasAll(view, h) \/ ~\E x \in Hosts : HasAll(view, x)
IsLetIn(view, h) == Is("takesOverOutOfSync") \/ (Is("takesOverWithOneVolume") /\ HasOne(view, h))

\* A new life of the active's agent, with the guest alive or not; or another host, which takes over.
Begin(h) ==
  /\ up[h] = "up" /\ known[h].n > 0 /\ ~IsMine(h)
  /\ known[h].host = h \/ IsStarter(known[h], h) \/ IsLetIn(known[h], h)
  /\ LET inSync == [v \in Volumes |->
           IF known[h].host # h /\ IsLetIn(known[h], h) THEN {h} ELSE AtStart(h, v)]
         worse == {v \in Volumes : /\ \A x \in inSync[v] : disk[x][v].lossy
                                  /\ \E x \in InSync(h, v) : IsGood(x, v)}
     IN Ask(h, [View(h, inSync) EXCEPT !.worse = worse])

MayFollow(view, r) ==
  LET same == view.host = r.host /\ view.life = r.life
      taker == view.host # r.host IN
  \/ taker /\ IsLetIn(view, r.host)
  \/ /\ taker => IsStarter(view, r.host)
     /\ \A v \in Volumes :
          /\ (r.inSync[v] \cap view.inSync[v]) # {}
          /\ same \/ r.inSync[v] \subseteq view.inSync[v]

Decide ==
  \E r \in requests :
    /\ r.n = ledger.n + 1 /\ MayFollow(ledger, r)
    /\ ledger' = r /\ requests' = {x \in requests : x.n > r.n}
    /\ UNCHANGED <<agentVars, disk, next, faults, acked, flushed, gone, runner, broken>>

\* Who was replaced ends its guest.  Who is alone in sync turns its log into marks.
Learn(h) ==
  LET ends == ledger.host # h /\ runs[h] IN
  /\ up[h] = "up" /\ known[h].n < ledger.n
  /\ known' = [known EXCEPT ![h] = ledger]
  /\ promised' = [promised EXCEPT ![h] = [v \in Volumes |-> {}]]
  /\ runs' = [runs EXCEPT ![h] = @ /\ ~ends]
  /\ serving' = [serving EXCEPT ![h] = [v \in Volumes |->
       LET s == @[v] same == ledger.inSync[v] = InSync(h, v) /\ ledger.life = life[h] IN
       IF ends THEN Idle
       ELSE [s EXCEPT !.copies = @ /\ same,
                      !.coming = IF same THEN @ ELSE {},
                      !.out = @ \cap ledger.inSync[v],
                      !.got = IF ledger.inSync[v] = InSync(h, v) THEN @ ELSE {}]]]
  /\ disk' = [disk EXCEPT ![h] = [v \in Volumes |->
       [@[v] EXCEPT !.marks = @ \/ (ledger.inSync[v] = {h} /\ disk[h][v].log /\ disk[h][v].works
                                      /\ ~Is("goesSoloWithoutMarks"))]]]
  /\ UNCHANGED <<ledgerVars, up, life, next, faults, ghosts>>

StartCopy(h, v) ==
  LET s == serving[h][v] source == Source(h, v) target == Other(source) IN
  /\ Serves(h) /\ IsSolo(h, v) /\ ~s.copies /\ s.coming = {} /\ s.out = {}
  /\ promised[h][v] \subseteq InSync(h, v)
  /\ Answers(h, source, v) /\ up[target] = "up" /\ disk[target][v].works
  /\ target # h => known[target].n = known[h].n
  /\ s.write = 0
  /\ Serve(h, v, [s EXCEPT !.copies = TRUE])
  /\ UNCHANGED <<ledgerVars, up, life, known, runs, promised, disk, next, faults, ghosts>>

\* The copy: what the source has marked or the joiner has logged; all, where the joiner is empty.  Then both
\* are flushed, the marks are cleared, and from here on answers wait for the newcomer.  What a source has lost that
\* was alone in sync is lost: what it has is the truth from here on.
CatchUp(h, v) ==
  LET s == serving[h][v] source == Source(h, v) target == Other(source)
      from == disk[source][v] to == disk[target][v]
      looks == from.marks \/ to.empty \/ (to.log /\ ~Is("leavesOutJoinersLog"))
      copies == looks /\ ~Is("clearsWithoutCopy") /\ ~Is("joinsBeforeWhole") IN
  /\ Serves(h) /\ s.copies /\ s.coming = {} /\ Answers(h, source, v) /\ Answers(h, target, v)
  /\ s.write = 0 \/ s.got \in {{}, Hosts}
  /\ disk' = [disk EXCEPT
       ![source][v] = [@ EXCEPT !.durable = from.cache, !.marks = @ /\ Is("joinsBeforeWhole"), !.lossy = FALSE],
       ![target][v] = [@ EXCEPT !.cache = IF copies THEN from.cache ELSE @,
                                !.durable = IF ~copies THEN to.cache
                                            ELSE IF Is("clearsBeforeDurable") THEN @ ELSE from.cache,
                                !.log = @ /\ s.write # 0, !.marks = FALSE,
                                !.lossy = FALSE, !.empty = FALSE]]
  /\ Serve(h, v, [s EXCEPT !.coming = {target}, !.copies = FALSE,
                           !.got = IF s.write # 0 /\ copies THEN @ \ {target} ELSE @])
  /\ acked' = IF from.lossy THEN [acked EXCEPT ![v] = from.cache] ELSE acked
  /\ UNCHANGED <<ledgerVars, up, life, known, runs, promised, next, faults, flushed, gone, runner, broken>>

-----------------------------------------------------------------------------
(* Starting the guest                                                         *)

\* What a start must find: all that was flushed; and all that was answered, unless the replica lost its cache
\* and there was none better.
Boot(h) ==
  LET at == [v \in Volumes |-> disk[Source(h, v)][v].cache]
      excused(v) == disk[Source(h, v)][v].lossy /\ v \notin known[h].worse IN
  /\ IsMine(h) /\ ~runs[h] /\ \A v \in Volumes : Answers(h, Source(h, v), v)
  /\ broken' = broken
       \cup (IF \E v \in Volumes : at[v] < flushed[v] \/ (at[v] < acked[v] /\ ~excused(v))
             THEN {"NothingAcknowledgedIsLost"} ELSE {})
       \cup (IF \E v \in Volumes : at[v] \in gone[v] THEN {"OldDataIsNeverServedAsNew"} ELSE {})
  /\ runs' = [runs EXCEPT ![h] = TRUE] /\ runner' = h
  /\ serving' = [serving EXCEPT ![h] = [v \in Volumes |-> Idle]]
  /\ disk' = IF Is("bootsWithoutSync") THEN disk
             ELSE [r \in Hosts |-> [v \in Volumes |->
                    IF r = Source(h, v) THEN [disk[r][v] EXCEPT !.durable = disk[r][v].cache]
                    ELSE disk[r][v]]]
  /\ acked' = at /\ flushed' = at
  /\ gone' = [v \in Volumes |-> (0 .. next - 1) \ {at[v]}]
  /\ UNCHANGED <<ledgerVars, up, life, known, promised, next, faults>>

-----------------------------------------------------------------------------
(* Faults                                                                     *)

Fault == faults < MaxFaults /\ faults' = faults + 1

Forget(h) ==
  /\ known' = [known EXCEPT ![h] = NoView]
  /\ promised' = [promised EXCEPT ![h] = [v \in Volumes |-> {}]]
  /\ UNCHANGED <<ledgerVars, life, next, ghosts>>

AgentDies(h) ==
  /\ up[h] = "up" /\ Fault /\ Forget(h)
  /\ up' = [up EXCEPT ![h] = "noagent"]
  /\ serving' = [serving EXCEPT ![h] = [v \in Volumes |-> [Idle EXCEPT !.write = serving[h][v].write]]]
  /\ UNCHANGED <<runs, disk>>

\* The host loses its power.
HostDies(h) ==
  /\ up[h] # "down" /\ Fault /\ Forget(h)
  /\ up' = [up EXCEPT ![h] = "down"]
  /\ runs' = [runs EXCEPT ![h] = FALSE]
  /\ serving' = [serving EXCEPT ![h] = [v \in Volumes |-> Idle]]
  /\ disk' = [disk EXCEPT ![h] = [v \in Volumes |->
       [@[v] EXCEPT !.cache = disk[h][v].durable, !.lossy = TRUE]]]

AgentStarts(h) ==
  /\ up[h] # "up"
  /\ up' = [up EXCEPT ![h] = "up"] /\ life' = [life EXCEPT ![h] = @ + 1]
  /\ UNCHANGED <<ledgerVars, known, runs, serving, promised, disk, next, faults, ghosts>>

\* A replica is lost while its host lives: errors, a hang, no room.
DiskFails(h, v) ==
  /\ disk[h][v].works /\ up[h] # "down" /\ Fault
  /\ Set(h, v, [disk[h][v] EXCEPT !.works = FALSE])
  /\ UNCHANGED <<ledgerVars, agentVars, next, ghosts>>

\* A disk that has lost what it had cannot do so unseen: whoever uses it has been told of an error.
IsNoticed(h, v) == \A x \in Hosts : Serves(x) => h \in serving[x][v].out \/ h \notin Targets(x, v)

\* It is back as it was (but for what it had in its cache), or another disk is in its place.  Where it is alone
\* in sync, its log becomes marks now, if it could not before.
Repair(h, v) ==
  /\ ~disk[h][v].works /\ IsNoticed(h, v)
  /\ Set(h, v, [disk[h][v] EXCEPT !.works = TRUE, !.cache = disk[h][v].durable, !.lossy = TRUE,
       !.marks = @ \/ (InSync(h, v) = {h} /\ disk[h][v].log /\ ~Is("goesSoloWithoutMarks"))])
  /\ UNCHANGED <<ledgerVars, agentVars, next, faults, ghosts>>
Replace(h, v) ==
  /\ ~disk[h][v].works /\ IsNoticed(h, v)
  /\ Set(h, v, [Fresh EXCEPT !.cache = 0, !.durable = 0, !.empty = TRUE, !.lossy = TRUE])
  /\ UNCHANGED <<ledgerVars, agentVars, next, faults, ghosts>>

Next ==
  \/ Decide
  \/ \E h \in Hosts :
       \/ Propose(h) \/ Begin(h) \/ Learn(h) \/ Boot(h)
       \/ AgentDies(h) \/ HostDies(h) \/ AgentStarts(h)
       \/ \E v \in Volumes :
            \/ Write(h, v) \/ Answer(h, v) \/ Read(h, v) \/ Flush(h, v) \/ WriteBack(h, v)
            \/ Retire(h, v) \/ RetireAtPeer(h, v) \/ StartCopy(h, v) \/ CatchUp(h, v)
            \/ DiskFails(h, v) \/ Repair(h, v) \/ Replace(h, v)
            \/ \E r \in Hosts : Apply(h, v, r) \/ Lose(h, v, r) \/ Recover(h, v, r)

Safety == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants, by their names in docs/specification.md                        *)

CanAnswer(h, v) == Serves(h) /\ \A r \in Need(h, v) : Answers(h, r, v)

\* Answers of two hosts are never both counted.
OneRunner ==
  /\ "OneRunner" \notin broken
  /\ \A v \in Volumes : ~(CanAnswer("a", v) /\ CanAnswer("b", v))

\* Every replica that the ledger calls in sync has all that was flushed, and all that was answered, unless it
\* lost its cache; one that was destroyed aside.
NothingAcknowledgedIsLost ==
  /\ "NothingAcknowledgedIsLost" \notin broken
  /\ \A v \in Volumes, h \in Hosts :
       LET d == disk[h][v] IN
       h \in ledger.inSync[v] /\ ~d.empty
         => d.durable >= flushed[v] /\ (d.lossy \/ d.cache >= acked[v])

OldDataIsNeverServedAsNew == "OldDataIsNeverServedAsNew" \notin broken

\* What one that is alone in sync has and the other lacks stands in a mark or in a log.
MarksClearedByCopyOnly ==
  \A v \in Volumes, s \in Hosts :
    LET t == Other(s) IN
    ledger.inSync[v] = {s} /\ disk[t][v].cache # disk[s][v].cache
      => disk[s][v].marks \/ disk[s][v].log \/ disk[t][v].log \/ disk[t][v].empty \/ disk[s][v].empty
=============================================================================
