-------------------------------- MODULE Epochs -------------------------------
(* A VM with a disk at levels 2 and 3, and on its way between them: epochs    *)
(* that hold disk writes, flushes that are answered at once, redo, images and *)
(* replicas together, a record on disk of being alone.                        *)
(*                                                                            *)
(* This mirrors the first design.  The code has disks at level `system', and  *)
(* differs from it:                                                           *)
(*                                                                            *)
(*   here                              in the code                            *)
(*   a write is in the active's cache  it is on no disk before its epoch      *)
(*   at once, in the standby's when    is committed; then the mirror writes   *)
(*   its epoch is committed, after a   both, and what a standby may have to   *)
(*   redo record on disk               apply again it keeps in memory         *)
(*                                     (DiskEpochs, Commits, KeptWrites)      *)
(*   a view has a mode, and there      the level is in the VM's record; only  *)
(*   are pairs of level 2              level 3 has pairs; the view says of    *)
(*                                     each disk what is in sync (Mirror)     *)
(*   who goes on alone has that on     only under a solo grant (Grant)        *)
(*   disk                                                                     *)
(*                                                                            *)
(* So nothing in the code could break the rule about redo, and what the code  *)
(* does instead is not modelled: CrashTest and DiskEpochsModelTest see to it, *)
(* and the simulator's checker MemoryFitsDisks.  What views decide is checked *)
(* as it is in the code in Views, Mirror, Lease and Grant: compare-and-set    *)
(* (LedgerState), views of one life (ViewMachine), the activity log and the   *)
(* dirty map (ActivityLog, DirtyMap, Resync).                                 *)
(*                                                                            *)
(* A partition, a slow peer, a paused process, an unreachable ledger: each is *)
(* a step that does not come.  Every message may be delayed for ever, so no   *)
(* variable says that a link is up.  Any host may claim at any time, rightly  *)
(* or wrongly.                                                                *)
(*                                                                            *)
(* The disk is one block; its content is the number of the last write.  A     *)
(* host has a volatile cache and a durable copy of it.  The guest's memory is *)
(* `g', the last write that it saw answered; `f' is the last that it saw      *)
(* flushed.  A frame tells the world g and f.                                 *)
(*                                                                            *)
(* Not here: several volumes and replicas that are lost while their host      *)
(* lives (Mirror), several epochs in flight, the arithmetic of the lease      *)
(* (Lease: here it runs out at some time).                                    *)
EXTENDS Integers, FiniteSets

CONSTANTS MaxView, MaxWrites, MaxFaults, MaxRequests,
          Broken       \* rules that are broken on purpose; {} is the design

Rules == {
  "takesWritesOfOlderViews",        \* the standby takes traffic of an older view
  "goesSoloWithoutLedger",          \* the active goes on alone, and no view says so
  "takesOverOutOfSync",             \* a replica that is not in sync takes over
  "clearsWithoutCopy",              \* the dirty map is cleared at a rejoin, and nothing was copied
  "goesSoloWithoutMarks",           \* who goes on alone does not turn its log into marks
  "retiresWhenDurableHere",         \* an active retires what is durable on it alone
  "joinsWithoutTightening",         \* while a pair is under way the active answers as if alone
  "runsUngatedWhileRaising",        \* writes and frames go on ungated while level 3 is under way
  "dropsLevelWithoutView",          \* level 3 becomes 2 (ungated), and no view says so
  "runsWhileHandingOver",           \* the guest runs on while a switchover is under way
  "servesUnderAnEarlierLife",       \* a new life serves under a view that an earlier one asked for
  "keepsSoloRecordWhileJoining",    \* the record on disk of being alone is kept while a pair is asked for
  "resumesImageOfAnotherBoot",      \* a standby whose memory a reboot took goes on
  "keepsImageOfEarlierLife",        \* an image outlives the agent that kept its disk writes aside
  "rebootedReplicaGoesOn",          \* a replica that lost its cache goes on as if nothing had been
  "appliesWithoutRedo",             \* an epoch goes to the disk without a redo record
  "releasesBeforeFlushIsDurable",   \* output leaves whose flush is not durable on both
  "opensGateBeforeFlush",           \* who goes on alone lets output out before what was answered is durable
  "doesNotWaitForLease",            \* a taker at levels 1 and 2 does not wait for the old lease
  "renewsWithoutTheLedger" }        \* a leader without a majority renews a lease
ASSUME Broken \subseteq Rules
Is(rule) == rule \in Broken

Hosts == {"a", "b"}
O(h) == IF h = "a" THEN "b" ELSE "a"
None == "-"
Max(x, y) == IF x > y THEN x ELSE y
NoImg == [ok |-> FALSE, g |-> 0, f |-> 0, d |-> 0]
NoCm  == [ok |-> FALSE, g |-> 0, f |-> 0, dk |-> FALSE]
NoView == [n |-> 0, active |-> None, standby |-> None, mode |-> "mirror", resumes |-> FALSE,
           by |-> None, life |-> 0]

VARIABLES
  ledger,    \* the newest view: number, active, standby or None, mode ("mirror": level 2, "image": level 3),
             \* whether its proposer may resume the image, proposer and its life
  requests,  \* proposals under way: each may land late, or never
  up,        \* of a host: "up", "noagent" (its QEMU may live), "down"
  life,      \* how often its agent was started
  known,     \* the newest view that this life has learnt
  tight,     \* "no", "pair", "hold": an own proposal of unknown outcome binds already
  record,    \* on disk: the view in which it is alone and has proposed nothing since; or 0
  runs,      \* a QEMU with the guest is here
  g, f, fp,  \* the guest's memory; fp: a flush was answered that is not durable everywhere
  write,     \* taken from the guest and not answered (QEMU repeats it)
  answered,  \* the peer's answer to it, under way
  cache,     \* what reads see
  durable,   \* what a loss of power leaves
  torn,      \* an epoch is half applied
  redo,      \* its redo record, on disk; or 0
  log,       \* on disk: activity log
  marks,     \* on disk: dirty map
  ok,        \* the replica has lost nothing since it was brought in sync
  image,     \* the standby's committed image, in memory
  aside,     \* a committed epoch's disk write that is not applied yet, in memory
  confirmed, \* the standby's confirmation, under way or arrived
  lease,     \* the view for which there is a lease that has not run out; or 0
  faults, next,
  seenG, mustF, acked, gone, base, broken   \* ghosts

vars == <<ledger, requests, up, life, known, tight, record, runs, g, f, fp, write, answered, cache, durable,
          torn, redo, log, marks, ok, image, aside, confirmed, lease, faults, next,
          seenG, mustF, acked, gone, base, broken>>

ledgerVars  == <<ledger, requests>>
diskVars    == <<cache, durable, torn, redo, log, marks, ok>>
guestVars   == <<runs, g, f, fp, write, answered>>
standbyVars == <<image, aside, confirmed>>
agentVars   == <<up, life, known, tight, record>>
ghosts      == <<seenG, mustF, acked, gone, base>>

Paired(v) == v.standby # None
Ins(v) == {v.active} \cup (IF Paired(v) THEN {v.standby} ELSE {})   \* in-sync replicas

Init ==
  /\ \E m \in {"mirror", "image"} :
       /\ ledger = [n |-> 1, active |-> "a", standby |-> "b", mode |-> m, resumes |-> FALSE,
                 by |-> "a", life |-> 0]
       /\ image = [h \in Hosts |-> IF h = "b" /\ m = "image"
                                THEN [ok |-> TRUE, g |-> 0, f |-> 0, d |-> 0] ELSE NoImg]
  /\ requests = {}
  /\ up = [h \in Hosts |-> "up"] /\ life = [h \in Hosts |-> 0]
  /\ known = [h \in Hosts |-> ledger] /\ tight = [h \in Hosts |-> "no"]
  /\ record = [h \in Hosts |-> 0]
  /\ runs = [h \in Hosts |-> h = "a"]
  /\ g = [h \in Hosts |-> 0] /\ f = [h \in Hosts |-> 0] /\ fp = [h \in Hosts |-> FALSE]
  /\ write = [h \in Hosts |-> 0] /\ answered = [h \in Hosts |-> 0]
  /\ cache = [h \in Hosts |-> 0] /\ durable = [h \in Hosts |-> 0]
  /\ torn = [h \in Hosts |-> FALSE] /\ redo = [h \in Hosts |-> 0]
  /\ log = [h \in Hosts |-> FALSE] /\ marks = [h \in Hosts |-> FALSE]
  /\ ok = [h \in Hosts |-> TRUE]
  /\ aside = [h \in Hosts |-> 0] /\ confirmed = [h \in Hosts |-> NoCm]
  /\ lease = [h \in Hosts |-> 0]
  /\ faults = 0 /\ next = 1
  /\ seenG = 0 /\ mustF = 0 /\ acked = 0 /\ gone = {}
  /\ base = [view |-> 1, host |-> "a", resumed |-> FALSE, g |-> 0, d |-> 0]
  /\ broken = {}

-----------------------------------------------------------------------------
(* What a host may do with what it knows                                      *)

Known(h) == known[h].n > 0
\* a view binds its active only if it was proposed in this agent's life: requests of
\* an earlier life may still be under way, and must be dead before anything is served
MyLife(h) == \/ known[h].by = h /\ known[h].life = life[h]
             \/ record[h] = known[h].n /\ record[h] > 0
             \/ Is("servesUnderAnEarlierLife")
Serve(h) == up[h] = "up" /\ runs[h] /\ known[h].active = h /\ MyLife(h)
Solo(h)   == Serve(h) /\ ~Paired(known[h]) /\ tight[h] = "no"
Mirror(h) == Serve(h) /\ tight[h] # "hold"
             /\ \/ Paired(known[h]) /\ known[h].mode = "mirror"
                \/ tight[h] = "pair"
Image(h)  == Serve(h) /\ tight[h] # "hold" /\ Paired(known[h]) /\ known[h].mode = "image"

\* the peer takes mirror traffic and epochs from h
PeerOK(h) == /\ up[O(h)] = "up"
             /\ ok[O(h)] \/ Is("rebootedReplicaGoesOn")
             /\ \/ Is("takesWritesOfOlderViews")
                \/ Known(O(h)) /\ known[O(h)].n <= known[h].n
             /\ ~torn[O(h)]
Superseded(h) == base.host # h /\ base.view > known[h].n

-----------------------------------------------------------------------------
(* The guest                                                                  *)

Write(h) ==
  /\ next <= MaxWrites /\ write[h] = 0
  /\ Solo(h) \/ Mirror(h) \/ Image(h)
  /\ next' = next + 1
  /\ cache' = [cache EXCEPT ![h] = next]
  /\ log' = [log EXCEPT ![h] = TRUE]         \* persisted before any replica is written
  /\ IF Image(h)
     THEN g' = [g EXCEPT ![h] = next] /\ UNCHANGED write
     ELSE write' = [write EXCEPT ![h] = next] /\ UNCHANGED g
  /\ UNCHANGED <<ledgerVars, agentVars, runs, f, fp, answered, durable, torn, redo, marks, ok, standbyVars,
                 lease, faults, ghosts, broken>>

PeerApply(h) ==
  /\ write[h] > 0 /\ answered[h] # write[h] /\ Mirror(h) /\ PeerOK(h)
  /\ cache' = [cache EXCEPT ![O(h)] = write[h]]
  /\ log' = [log EXCEPT ![O(h)] = TRUE]
  /\ answered' = [answered EXCEPT ![h] = write[h]]
  /\ broken' = broken \cup (IF Superseded(h) THEN {"OneRunner"} ELSE {})
  /\ UNCHANGED <<ledgerVars, agentVars, runs, g, f, fp, write, durable, torn, redo, marks, ok, standbyVars,
                 lease, faults, next, ghosts>>

Ack(h) ==
  /\ write[h] > 0
  /\ \/ Mirror(h) /\ answered[h] = write[h] /\ UNCHANGED marks
     \/ /\ Solo(h) \/ (Is("goesSoloWithoutLedger") /\ Mirror(h))
        /\ marks' = [marks EXCEPT ![h] = TRUE]
     \/ /\ Is("joinsWithoutTightening") /\ tight[h] = "pair" /\ Serve(h)  \* still answers as if solo
        /\ marks' = [marks EXCEPT ![h] = TRUE]
  /\ g' = [g EXCEPT ![h] = write[h]]
  /\ write' = [write EXCEPT ![h] = 0] /\ answered' = [answered EXCEPT ![h] = 0]
  /\ acked' = IF Superseded(h) THEN acked ELSE write[h]
  \* an answer for a write that the new runner does not have (a peer that lost its cache
  \* by a reboot aside: an unflushed write of a guest that is being stopped)
  /\ broken' = broken \cup (IF write[h] \in gone /\ ok[O(h)] THEN {"OneRunner"} ELSE {})
  /\ UNCHANGED <<ledgerVars, agentVars, runs, f, fp, cache, durable, torn, redo, log, ok, standbyVars, lease,
                 faults, next, seenG, mustF, gone, base>>

Flush(h) ==
  /\ write[h] = 0 /\ (f[h] # g[h] \/ fp[h])
  /\ \/ /\ Mirror(h) /\ PeerOK(h)          \* both replicas, then the answer
        /\ durable' = cache
        /\ log' = [x \in Hosts |-> FALSE]
        /\ redo' = [x \in Hosts |-> 0]
        /\ fp' = [fp EXCEPT ![h] = FALSE]
        /\ mustF' = Max(mustF, g[h])
     \/ /\ Solo(h) \/ (Is("goesSoloWithoutLedger") /\ Mirror(h))
        /\ durable' = [durable EXCEPT ![h] = cache[h]]
        /\ log' = [log EXCEPT ![h] = FALSE]
        /\ redo' = [redo EXCEPT ![h] = 0]
        /\ fp' = [fp EXCEPT ![h] = FALSE]
        /\ mustF' = Max(mustF, g[h])
     \/ /\ Image(h) /\ f[h] # g[h]         \* answered at once
        /\ fp' = [fp EXCEPT ![h] = TRUE]
        /\ UNCHANGED <<durable, log, redo, mustF>>
  /\ f' = [f EXCEPT ![h] = g[h]]
  /\ UNCHANGED <<ledgerVars, agentVars, runs, g, write, answered, cache, torn, marks, ok, standbyVars, lease,
                 faults, next, seenG, acked, gone, base, broken>>

\* frames that leave without a gate: solo, or mirrored under a lease
Free(h) == \/ Solo(h)
           \/ Mirror(h) /\ tight[h] = "no" /\ lease[h] = known[h].n
           \/ Is("joinsWithoutTightening") /\ Serve(h) /\ tight[h] = "pair"
           \/ Is("dropsLevelWithoutView") /\ Image(h)
Release(h) ==
  /\ Free(h) /\ (~fp[h] \/ Is("opensGateBeforeFlush"))
  /\ seenG < g[h] \/ mustF < f[h]
  /\ seenG' = Max(seenG, g[h]) /\ mustF' = Max(mustF, f[h])
  /\ broken' = broken \cup (IF Superseded(h) THEN {"OneRunner"} ELSE {})
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, diskVars, standbyVars, lease, faults, next,
                 acked, gone, base>>

\* the output gate: frames of a confirmed epoch, flushes of it durable on both
ReleaseGated(h) ==
  /\ up[h] = "up" /\ runs[h] /\ confirmed[h].ok /\ Paired(known[h]) /\ known[h].mode = "image"
  /\ Is("releasesBeforeFlushIsDurable") \/ (durable[h] >= confirmed[h].f /\ confirmed[h].dk)
  /\ seenG < confirmed[h].g \/ mustF < confirmed[h].f
  /\ IF Superseded(h)
     THEN \* a frame that the network held back: it must be true of the new runner too
          /\ broken' = broken \cup (IF (base.resumed /\ confirmed[h].g > base.g) \/ confirmed[h].f > base.d
                              THEN {"OutputFollowsCommit"} ELSE {})
          /\ UNCHANGED <<seenG, mustF>>
     ELSE /\ seenG' = Max(seenG, confirmed[h].g) /\ mustF' = Max(mustF, confirmed[h].f)
          /\ UNCHANGED broken
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, diskVars, standbyVars, lease, faults, next,
                 acked, gone, base>>

-----------------------------------------------------------------------------
(* Epochs                                                                     *)

\* capture, travel, commit at the standby; the confirmation is under way
Ship(h) ==
  LET o == O(h) IN
  /\ Image(h) /\ write[h] = 0 /\ PeerOK(h) /\ image[o].ok /\ aside[o] = 0
  /\ image[o].g # g[h] \/ image[o].f # f[h]
  /\ image' = [image EXCEPT ![o] = [ok |-> TRUE, g |-> g[h], f |-> f[h], d |-> cache[h]]]
  /\ aside' = [aside EXCEPT ![o] = IF cache[h] # cache[o] THEN cache[h] ELSE 0]
  /\ confirmed' = [confirmed EXCEPT ![h] = [ok |-> TRUE, g |-> g[h], f |-> f[h],
                             dk |-> durable[o] >= f[h]]]
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, diskVars, lease, faults, next, ghosts, broken>>

\* the standby says that it made the epoch's flush durable; as every message, it belongs
\* to a view and a session: a host that moved on does not say it
DurConfirm(h) ==
  /\ confirmed[h].ok /\ ~confirmed[h].dk /\ up[h] = "up" /\ runs[h] /\ PeerOK(h) /\ image[O(h)].ok
  /\ durable[O(h)] >= confirmed[h].f
  /\ confirmed' = [confirmed EXCEPT ![h].dk = TRUE]
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, diskVars, image, aside, lease, faults, next, ghosts, broken>>

ApplyStart(h) ==
  /\ up[h] = "up" /\ aside[h] > 0 /\ ~torn[h]
  /\ torn' = [torn EXCEPT ![h] = TRUE]
  /\ log' = [log EXCEPT ![h] = TRUE]
  /\ redo' = [redo EXCEPT ![h] = IF Is("appliesWithoutRedo") THEN 0 ELSE aside[h]]
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, cache, durable, marks, ok, standbyVars, lease, faults, next,
                 ghosts, broken>>

ApplyEnd(h) ==
  /\ up[h] = "up" /\ aside[h] > 0 /\ torn[h]
  /\ torn' = [torn EXCEPT ![h] = FALSE]
  /\ cache' = [cache EXCEPT ![h] = aside[h]]
  /\ aside' = [aside EXCEPT ![h] = 0]
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, durable, redo, log, marks, ok, image, confirmed,
                 lease, faults,
                 next, ghosts, broken>>

\* the kernel writes back, or the agent syncs
Writeback(h) ==
  /\ up[h] # "down" /\ ~torn[h] /\ (durable[h] # cache[h] \/ redo[h] # 0)
  /\ durable' = [durable EXCEPT ![h] = cache[h]]
  /\ redo' = [redo EXCEPT ![h] = 0]
  \* a standby, and nobody else, may forget what it knows to be durable here: a deposed
  \* active keeps its marks until it is resynced
  /\ log' = [log EXCEPT ![h] = IF \/ Known(h) /\ Paired(known[h]) /\ known[h].standby = h
                                \/ Is("retiresWhenDurableHere")
                             THEN FALSE ELSE @]
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, cache, torn, marks, ok, standbyVars, lease, faults, next,
                 ghosts, broken>>

\* an active may forget only what is the same and durable on both
Retire(h) ==
  /\ Image(h) /\ log[h] /\ write[h] = 0 /\ aside[O(h)] = 0 /\ ~torn[O(h)] /\ PeerOK(h)
  /\ durable[h] = cache[h] /\ durable[O(h)] = cache[h] /\ cache[O(h)] = cache[h]
  /\ log' = [log EXCEPT ![h] = FALSE]
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, cache, durable, torn, redo, marks, ok, standbyVars, lease,
                 faults, next, ghosts, broken>>

-----------------------------------------------------------------------------
(* The ledger                                                                 *)

Rec(h, standby, mode, resumes) ==
  [n |-> known[h].n + 1, active |-> h, standby |-> standby, mode |-> mode, resumes |-> resumes,
   by |-> h, life |-> life[h]]
Send(r) == /\ r \notin requests /\ r.n <= MaxView /\ Cardinality(requests) < MaxRequests
           /\ requests' = requests \cup {r} /\ UNCHANGED ledger

LedgerApply ==
  \E r \in requests :
    /\ ledger.n = r.n - 1
    /\ ledger' = r
    /\ requests' = {x \in requests : x.n > r.n}
    /\ UNCHANGED <<agentVars, guestVars, diskVars, standbyVars, lease, faults, next, ghosts, broken>>

\* go on alone, take over, or start again: only for a replica that the view calls in sync
Claim(h) ==
  /\ up[h] = "up" /\ Known(h) /\ (h \in Ins(known[h]) \/ Is("takesOverOutOfSync"))
  /\ ~(known[h].active = h /\ ~Paired(known[h]) /\ MyLife(h) /\ tight[h] = "no")   \* has it already
  /\ Send(Rec(h, None, "mirror", known[h].mode = "image" /\ known[h].standby = h /\ image[h].ok))
  /\ UNCHANGED <<agentVars, guestVars, diskVars, standbyVars, lease, faults, next, ghosts, broken>>

Learn(h) ==
  /\ up[h] = "up" /\ known[h].n < ledger.n
  /\ known' = [known EXCEPT ![h] = ledger]
  /\ tight' = [tight EXCEPT ![h] = "no"]
  /\ record' = [record EXCEPT ![h] =
        IF ledger.active = h /\ ~Paired(ledger) /\ ledger.by = h /\ ledger.life = life[h] THEN ledger.n ELSE 0]
  /\ marks' = [marks EXCEPT ![h] =
        @ \/ (ledger.active = h /\ ~Paired(ledger) /\ log[h] /\ ~Is("goesSoloWithoutMarks"))]
  /\ IF ledger.active # h /\ runs[h]               \* deposed: the copy is stopped
     THEN /\ runs' = [runs EXCEPT ![h] = FALSE]
          /\ write' = [write EXCEPT ![h] = 0] /\ answered' = [answered EXCEPT ![h] = 0]
          /\ confirmed' = [confirmed EXCEPT ![h] = NoCm]
     ELSE /\ UNCHANGED <<runs, write, answered>>
          /\ confirmed' = [confirmed EXCEPT ![h] = IF ledger.mode = "image" THEN @ ELSE NoCm]
  /\ UNCHANGED <<ledgerVars, up, life, g, f, fp, cache, durable, torn, redo, log, ok, image, aside, lease,
                 faults, next, ghosts, broken>>

\* agent came back, QEMU lives: same pair, new view; what may differ is copied first
Reassert(h) ==
  LET o == O(h) IN
  /\ up[h] = "up" /\ runs[h] /\ Known(h) /\ known[h].active = h /\ ~MyLife(h)
  /\ Paired(known[h]) /\ known[h].mode = "mirror" /\ PeerOK(h) /\ aside[o] = 0
  /\ Send(Rec(h, o, "mirror", FALSE))
  /\ cache' = [cache EXCEPT ![o] = IF log[h] THEN cache[h] ELSE @]
  /\ log' = [log EXCEPT ![o] = @ \/ log[h]]
  /\ UNCHANGED <<agentVars, guestVars, durable, torn, redo, marks, ok, standbyVars, lease, faults, next,
                 ghosts, broken>>

\* resync and the proposal to be a pair again.  From here on h behaves as paired.
Join(h) ==
  LET o == O(h) IN
  /\ Solo(h) /\ up[o] = "up" /\ ~runs[o] /\ Known(o) /\ known[o].n <= known[h].n
  /\ known[o].active # o
  /\ Send(Rec(h, o, "mirror", FALSE))
  /\ LET copy == (marks[h] /\ ~Is("clearsWithoutCopy")) \/ log[o] IN
     /\ cache' = [cache EXCEPT ![o] = IF copy THEN cache[h] ELSE @]
     /\ durable' = [durable EXCEPT ![o] = IF copy THEN cache[h] ELSE @]
     /\ torn' = [torn EXCEPT ![o] = IF copy THEN FALSE ELSE @]
  /\ redo' = [redo EXCEPT ![o] = 0]
  /\ log' = [log EXCEPT ![o] = FALSE]
  /\ marks' = [x \in Hosts |-> FALSE]
  /\ ok' = [ok EXCEPT ![o] = TRUE, ![h] = TRUE]
  /\ image' = [image EXCEPT ![o] = NoImg] /\ aside' = [aside EXCEPT ![o] = 0]
  /\ tight' = [tight EXCEPT ![h] = "pair"]
  /\ record' = [record EXCEPT ![h] = IF Is("keepsSoloRecordWhileJoining") THEN @ ELSE 0]
  /\ UNCHANGED <<up, life, known, guestVars, confirmed, lease, faults, next, ghosts, broken>>

\* level 2 to 3: guest held, whole state at the standby, then the proposal
Raise(h) ==
  LET o == O(h) IN
  /\ Mirror(h) /\ tight[h] = "no" /\ known[h].mode = "mirror" /\ write[h] = 0 /\ PeerOK(h)
  /\ Send(Rec(h, o, "image", FALSE))
  /\ image' = [image EXCEPT ![o] = [ok |-> TRUE, g |-> g[h], f |-> f[h], d |-> cache[h]]]
  /\ aside' = [aside EXCEPT ![o] = 0]
  /\ tight' = [tight EXCEPT ![h] = IF Is("runsUngatedWhileRaising") THEN "no" ELSE "hold"]
  /\ UNCHANGED <<up, life, known, record, guestVars, diskVars, confirmed, lease, faults, next, ghosts, broken>>

\* level 3 to 2: guest held, last epoch committed and applied, then the proposal
Drop(h) ==
  LET o == O(h) IN
  /\ Image(h) /\ PeerOK(h) /\ image[o].ok /\ image[o].g = g[h] /\ image[o].f = f[h]
  /\ aside[o] = 0 /\ cache[o] = cache[h]
  /\ Send(Rec(h, o, "mirror", FALSE))
  /\ tight' = [tight EXCEPT ![h] = "hold"]
  /\ UNCHANGED <<up, life, known, record, guestVars, diskVars, standbyVars, lease, faults, next,
                 ghosts, broken>>

\* switchover: guest held, the other has all of it, then the active itself proposes the
\* other as solo active; the old active comes back by Join
Handover(h) ==
  LET o == O(h) IN
  /\ \/ Mirror(h) /\ known[h].mode = "mirror" /\ tight[h] = "no"
     \/ Image(h) /\ image[o].ok
  /\ write[h] = 0 /\ PeerOK(h) /\ aside[o] = 0 /\ cache[o] = cache[h]
  /\ Send([n |-> known[h].n + 1, active |-> o, standby |-> None, mode |-> "mirror", resumes |-> TRUE,
           by |-> o, life |-> life[o]])
  /\ image' = [image EXCEPT ![o] = [ok |-> TRUE, g |-> g[h], f |-> f[h], d |-> cache[h]]]
  /\ tight' = [tight EXCEPT ![h] = IF Is("runsWhileHandingOver") THEN "no" ELSE "hold"]
  /\ UNCHANGED <<up, life, known, record, guestVars, diskVars, aside, confirmed, lease, faults,
                 next, ghosts, broken>>

Grant(h) ==
  /\ Mirror(h) /\ tight[h] = "no" /\ lease[h] # known[h].n
  /\ ledger.n = known[h].n \/ Is("renewsWithoutTheLedger")
  /\ lease' = [lease EXCEPT ![h] = known[h].n]
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, diskVars, standbyVars, faults, next, ghosts, broken>>

RunOut(h) ==
  /\ lease[h] # 0 /\ lease' = [lease EXCEPT ![h] = 0]
  /\ UNCHANGED <<ledgerVars, agentVars, guestVars, diskVars, standbyVars, faults, next, ghosts, broken>>

-----------------------------------------------------------------------------
(* Starting the guest on a host that the ledger has made active               *)

Issued == 0 .. (next - 1)

Resume(h) ==
  /\ up[h] = "up" /\ ~runs[h] /\ known[h].active = h /\ ~Paired(known[h]) /\ MyLife(h)
  /\ known[h].resumes /\ image[h].ok
  /\ LET c == IF aside[h] > 0 THEN aside[h] ELSE cache[h] IN
     /\ cache' = [cache EXCEPT ![h] = c]
     /\ torn' = [torn EXCEPT ![h] = IF aside[h] > 0 THEN FALSE ELSE @]
     /\ broken' = broken \cup (IF c # image[h].d \/ c \in gone \/ (torn[h] /\ aside[h] = 0)
                         THEN {"OldDataIsNeverServedAsNew"} ELSE {})
                   \cup (IF image[h].g < seenG THEN {"OutputFollowsCommit"} ELSE {})
                   \cup (IF image[h].d < mustF THEN {"NothingAcknowledgedIsLost"} ELSE {})
     /\ gone' = Issued \ {c, durable[h]}     \* until a flush, power loss may go back to durable
     /\ acked' = c
     /\ base' = [view |-> known[h].n, host |-> h, resumed |-> TRUE, g |-> image[h].g, d |-> c]
  /\ runs' = [runs EXCEPT ![h] = TRUE]
  /\ g' = [g EXCEPT ![h] = image[h].g] /\ f' = [f EXCEPT ![h] = image[h].f]
  /\ fp' = [fp EXCEPT ![h] = TRUE]     \* sync before the first frame
  /\ log' = [log EXCEPT ![h] = TRUE] /\ marks' = [marks EXCEPT ![h] = TRUE]
  /\ image' = [image EXCEPT ![h] = NoImg] /\ aside' = [aside EXCEPT ![h] = 0]
  /\ UNCHANGED <<ledgerVars, agentVars, write, answered, durable, redo, ok, confirmed, lease,
                 faults, next, seenG, mustF>>

Boot(h) ==
  /\ up[h] = "up" /\ ~runs[h] /\ known[h].active = h /\ ~Paired(known[h]) /\ MyLife(h)
  /\ ~(known[h].resumes /\ image[h].ok)
  /\ lease[O(h)] = 0 \/ Is("doesNotWaitForLease")
  /\ broken' = broken \cup (IF torn[h] \/ cache[h] < mustF THEN {"NothingAcknowledgedIsLost"} ELSE {})
                \cup (IF cache[h] \in gone THEN {"OldDataIsNeverServedAsNew"} ELSE {})
  /\ durable' = [durable EXCEPT ![h] = cache[h]]
  /\ redo' = [redo EXCEPT ![h] = 0]
  /\ gone' = Issued \ {cache[h]}
  /\ acked' = cache[h] /\ seenG' = 0
  /\ mustF' = cache[h]                 \* the guest read it as what its disk holds
  /\ base' = [view |-> known[h].n, host |-> h, resumed |-> FALSE, g |-> cache[h], d |-> cache[h]]
  /\ runs' = [runs EXCEPT ![h] = TRUE]
  /\ g' = [g EXCEPT ![h] = cache[h]] /\ f' = [f EXCEPT ![h] = cache[h]]
  /\ fp' = [fp EXCEPT ![h] = FALSE]
  /\ image' = [image EXCEPT ![h] = NoImg] /\ aside' = [aside EXCEPT ![h] = 0]
  /\ UNCHANGED <<ledgerVars, agentVars, write, answered, cache, torn, log, marks, ok, confirmed,
                 lease, faults, next>>

-----------------------------------------------------------------------------
(* Faults                                                                     *)

AgentCrash(h) ==
  /\ faults < MaxFaults /\ up[h] = "up"
  /\ faults' = faults + 1
  /\ up' = [up EXCEPT ![h] = "noagent"]
  /\ known' = [known EXCEPT ![h] = NoView] /\ tight' = [tight EXCEPT ![h] = "no"]
  /\ answered' = [answered EXCEPT ![h] = 0] /\ confirmed' = [confirmed EXCEPT ![h] = NoCm]
  /\ aside' = [aside EXCEPT ![h] = 0]
  /\ image' = [image EXCEPT ![h] = IF Is("keepsImageOfEarlierLife") THEN @ ELSE NoImg]
  /\ fp' = [fp EXCEPT ![h] = @ \/ runs[h]]
  /\ lease' = [lease EXCEPT ![h] = 0]
  /\ UNCHANGED <<ledgerVars, life, record, runs, g, f, write, diskVars, next, ghosts, broken>>

HostCrash(h) ==
  /\ faults < MaxFaults /\ up[h] # "down"
  /\ faults' = faults + 1
  /\ up' = [up EXCEPT ![h] = "down"]
  /\ known' = [known EXCEPT ![h] = NoView] /\ tight' = [tight EXCEPT ![h] = "no"]
  /\ runs' = [runs EXCEPT ![h] = FALSE]
  /\ write' = [write EXCEPT ![h] = 0]
  /\ g' = [g EXCEPT ![h] = 0] /\ f' = [f EXCEPT ![h] = 0] /\ fp' = [fp EXCEPT ![h] = FALSE]
  /\ answered' = [answered EXCEPT ![h] = 0] /\ confirmed' = [confirmed EXCEPT ![h] = NoCm]
  /\ aside' = [aside EXCEPT ![h] = 0]
  /\ image' = [image EXCEPT ![h] = IF Is("resumesImageOfAnotherBoot") /\ @.ok
                               THEN [ok |-> TRUE, g |-> 0, f |-> 0, d |-> durable[h]] ELSE NoImg]
  /\ cache' = [cache EXCEPT ![h] = durable[h]]
  /\ ok' = [ok EXCEPT ![h] = FALSE]
  /\ lease' = [lease EXCEPT ![h] = 0]
  /\ record' = [record EXCEPT ![h] = 0]     \* after a reboot only the ledger's word counts
  /\ UNCHANGED <<ledgerVars, life, durable, torn, redo, log, marks, next, ghosts, broken>>

Restart(h) ==
  /\ up[h] # "up"
  /\ up' = [up EXCEPT ![h] = "up"]
  /\ life' = [life EXCEPT ![h] = @ + 1]
  /\ IF torn[h] /\ redo[h] > 0
     THEN cache' = [cache EXCEPT ![h] = redo[h]] /\ torn' = [torn EXCEPT ![h] = FALSE]
     ELSE UNCHANGED <<cache, torn>>
  \* agent only: a persisted solo view is enough to go on, ledger or not
  /\ known' = [known EXCEPT ![h] =
        IF record[h] > 0 /\ runs[h]
        THEN [n |-> record[h], active |-> h, standby |-> None, mode |-> "mirror", resumes |-> FALSE,
              by |-> h, life |-> life[h] + 1]
        ELSE NoView]
  /\ UNCHANGED <<ledgerVars, tight, record, guestVars, durable, redo, log, marks, ok, standbyVars,
                 lease, faults,
                 next, ghosts, broken>>

-----------------------------------------------------------------------------
Next == \/ LedgerApply
        \/ \E h \in Hosts :
             \/ Write(h) \/ PeerApply(h) \/ Ack(h) \/ Flush(h) \/ Release(h) \/ ReleaseGated(h)
             \/ Ship(h) \/ DurConfirm(h) \/ ApplyStart(h) \/ ApplyEnd(h) \/ Writeback(h) \/ Retire(h)
             \/ Claim(h) \/ Learn(h) \/ Reassert(h) \/ Join(h) \/ Raise(h) \/ Drop(h) \/ Handover(h)
             \/ Grant(h) \/ RunOut(h) \/ Resume(h) \/ Boot(h)
             \/ AgentCrash(h) \/ HostCrash(h) \/ Restart(h)
Safety == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Invariants, by their names in docs/specification.md                        *)

\* no two hosts may both answer writes alone or let frames out ungated
OneRunner == /\ "OneRunner" \notin broken
             /\ ~(Free("a") /\ Free("b"))

\* every (re)start finds what a guest saw flushed, or the world saw; and in a mirrored
\* paired view the standby that has not rebooted holds every answered write
NothingAcknowledgedIsLost ==
  /\ "NothingAcknowledgedIsLost" \notin broken
  /\ (Paired(ledger) /\ ledger.mode = "mirror" /\ ok[ledger.standby] /\ up[ledger.standby] # "down"
      /\ base.host = ledger.active /\ known[ledger.active].n = ledger.n)
     => cache[ledger.standby] >= acked

\* in an image view the standby's image is at least what the world has seen
OutputFollowsCommit ==
  /\ "OutputFollowsCommit" \notin broken
  /\ (Paired(ledger) /\ ledger.mode = "image" /\ image[ledger.standby].ok)
     => /\ image[ledger.standby].g >= seenG
        /\ image[ledger.standby].d =
             IF aside[ledger.standby] > 0 THEN aside[ledger.standby] ELSE cache[ledger.standby]

\* a discarded or overwritten content never comes back
OldDataIsNeverServedAsNew == "OldDataIsNeverServedAsNew" \notin broken

=============================================================================
