# What `understudy` and `test` share: finding a JDK, installing packages, building. Sourced with $root set.

cache=$root/.cache
lib=$root/distribution/target/lib
jvm_flags=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)
# Short pauses: a heartbeat must not wait for a collector.
agent_flags=("${jvm_flags[@]}" -XX:+UseG1GC -XX:MetaspaceSize=128m -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData)
# A server of blocks allocates next to nothing, and what it has is outside the heap. So a small young generation, an old one
# that holds what lives and little more (there is no upper limit: marks of what a peer lacks take 32 MiB a TiB), a bound for
# compiled code, and what the compilers are done with is given back.
server_flags=(-XX:+UseSerialGC -Xms16m -Xmn8m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20 -XX:ReservedCodeCacheSize=64m
  -XX:TrimNativeHeapInterval=5000 -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData)
oldest_java=25

say() { printf '%s\n' "$*" >&2; }

fail() { # MESSAGE [WHAT-TO-DO]
  say "error: $1"
  [ $# -lt 2 ] || say "what to do: $2"
  exit 1
}

# A JDK (with a compiler), new enough? Reads the file `release`, because starting java takes too long to ask it.
is_jdk() {
  local line version=0
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  while read -r line; do
    case $line in JAVA_VERSION=*) version=${line#JAVA_VERSION=\"} version=${version%%[!0-9]*} ;; esac
  done <"$1/release"
  [ "${version:-0}" -ge $oldest_java ]
}

find_jdk() {
  local candidate on_path
  on_path=$(command -v javac || true)
  [ -z "$on_path" ] || on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  for candidate in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* /opt/* /opt/*/*; do
    if [ -n "$candidate" ] && is_jdk "$candidate"; then
      export JAVA_HOME=$candidate
      java=$JAVA_HOME/bin/java
      return
    fi
  done
  fail "Understudy needs a JDK $oldest_java or newer, and there is none in JAVA_HOME, on the PATH, in /usr/lib/jvm or /opt." \
    "Debian 12 has no package of it. Eclipse Temurin has: add the repository described on https://adoptium.net/installation/linux, apt-get install temurin-25-jdk (or unpack its archive in /opt), then try again."
}

need_root() { # FOR-WHAT
  [ "$(id -u)" -eq 0 ] || fail "$1 needs root: it makes network namespaces, mounts and bridges." "sudo $0 ..."
}

# Installs what is missing of PACKAGE:FILE:WHY..., where FILE shows that it is there.
install_packages() {
  local entry package file why missing=()
  for entry in "$@"; do
    IFS=: read -r package file why <<<"$entry"
    if [ ! -e "$file" ] && [ ! -e "/usr$file" ]; then
      say "missing: $package ($why)"
      missing+=("$package")
    fi
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "Packages are missing, and this is no Debian." "Install what belongs to: ${missing[*]}"
  need_root "Installing packages (${missing[*]})"
  mkdir -p "$cache"
  say "installing ${missing[*]} ..."
  if ! DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}" </dev/null >"$cache/packages.log" 2>&1; then
    {
      apt-get -q update
      DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}"
    } </dev/null >>"$cache/packages.log" 2>&1 || {
      tail -n 15 "$cache/packages.log" >&2
      fail "The packages could not be installed; all that apt-get said is in $cache/packages.log." "apt-get install ${missing[*]}"
    }
  fi
}

build_packages=(
  "maven:/bin/mvn:it builds the program"
  "gcc:/bin/gcc:it compiles the library that is loaded into QEMU and the lab guest's programs"
  "libc6-dev:/include/stdio.h:it belongs to the compiler"
)
lab_packages=(
  "qemu-system-x86:/bin/qemu-system-x86_64:it runs the virtual machines"
  "qemu-utils:/bin/qemu-img:it reads disk images"
  "busybox-static:/bin/busybox:it is the lab guest's user space"
  "cpio:/bin/cpio:it packs the lab guest"
  "xz-utils:/bin/xz:it unpacks the lab guest's kernel modules"
  "iproute2:/sbin/ip:it lays the lab's networks"
  "nftables:/sbin/nft:it silences the lab's links"
  "util-linux:/bin/nsenter:it runs the lab's nodes in namespaces"
  "procps:/bin/ps:it shows the lab's processes"
  "e2fsprogs:/sbin/mkfs.ext4:it makes the file systems of the lab's disks"
  "libnbd-bin:/bin/nbdcopy:it tries the NBD server"
  "python3-libnbd:/lib/python3/dist-packages/nbd.py:it tries the NBD server with nbdsh"
  "qemu-utils:/bin/qemu-io:it tries the NBD server"
  "fio:/bin/fio:it tries the NBD server"
)

# The guest of Debian with PostgreSQL.
debian_packages=(
  "mmdebstrap:/bin/mmdebstrap:it makes the disk of the Debian guest"
  "extlinux:/bin/extlinux:the Debian guest boots by it"
)
test_packages=(
  "iperf3:/bin/iperf3:guests are to go on serving it"
  "stress-ng:/bin/stress-ng:guests are to go on checking their memory with it"
  "redis-tools:/bin/redis-benchmark:guests are to go on serving Redis"
  "dbus-daemon:/bin/dbus-daemon:a login manager listens on it, which is to refuse a shutdown"
  "systemd:/bin/systemd-inhibit:its login manager is to refuse a shutdown"
)

volume_packages=(
  "fio:/bin/fio:it measures disks"
  "nbdkit:/bin/nbdkit:disks are compared with its own"
  "qemu-utils:/bin/qemu-nbd:disks are compared with its own"
  "qemu-system-common:/bin/qemu-storage-daemon:mirrored disks are compared with its own"
  "libnbd-bin:/bin/nbdcopy:it copies disks in and out"
  "e2fsprogs:/sbin/mkfs.ext4:it makes file systems to put on disks"
)

# What the build depends on: names, sizes and times of all files of all modules, and the JDK.
stamp() {
  (cd "$root" && echo "$JAVA_HOME" &&
    find pom.xml .mvn packaging/setup.bash ./*/pom.xml ./*/src \
      -type f -printf '%p %s %T@\n' | LC_ALL=C sort) | sha256sum
}

build_if_changed() {
  local now
  # Whoever starts many servers, as tests and measurements do, knows that it is built.
  [ -z "${UNDERSTUDY_BUILT:-}" ] || return 0
  now=$(stamp)
  [ -d "$lib" ] && [ "$(cat "$cache/build.stamp" 2>/dev/null)" = "$now" ] && return
  mkdir -p "$cache"
  exec {build_lock}>"$cache/build.lock"
  if ! flock -n $build_lock; then
    say "another build is running; waiting for it ..."
    flock $build_lock
  fi
  now=$(stamp)
  if [ ! -d "$lib" ] || [ "$(cat "$cache/build.stamp" 2>/dev/null)" != "$now" ]; then
    build
    echo "$now" >"$cache/build.stamp"
  fi
  exec {build_lock}>&-
}

build() {
  local first='' began=$SECONDS
  [ -d "$lib" ] || first=' (the first time takes a minute or two)'
  install_packages "${build_packages[@]}"
  say "building Understudy$first ..."
  rm -f "$cache"/*.jsa
  (cd "$root" && mvn -B -DskipTests -Dspotless.check.skip=true -pl '!system-tests' package) \
    </dev/null >"$cache/build.log" 2>&1 &
  wait_for_build $! || {
    grep -E '^\[ERROR\]|BUILD' "$cache/build.log" | head -n 25 >&2
    fail "The build failed; all of its output is in $cache/build.log."
  }
  prune_libraries
  # The first run leaves the archive that makes all later ones start quickly.
  run_command status >/dev/null 2>&1 || true
  say "built in $((SECONDS - began)) s"
}

# A sign of life every ten seconds: the module that the build is at.
wait_for_build() {
  local seconds=0
  while kill -0 "$1" 2>/dev/null; do
    sleep 0.5
    seconds=$((seconds + 1))
    [ $((seconds % 20)) -ne 0 ] ||
      say "  building: $(grep -E '^\[INFO\] Building [a-z-]+ [0-9]' "$cache/build.log" | tail -n 1 | awk '{print $3, $NF}') ..."
  done
  wait "$1"
}

# Jars of dependencies that are no more, or are there in another version, must not stay on the class path.
prune_libraries() {
  local newest file
  newest=$root/pom.xml
  for file in "$root"/*/pom.xml; do [ "$newest" -nt "$file" ] || newest=$file; done
  if [ -e "$cache/libraries.stamp" ] && [ "$newest" -nt "$cache/libraries.stamp" ]; then
    rm -rf "$lib"
    (cd "$root" && mvn -B -DskipTests -Dspotless.check.skip=true -pl '!system-tests' package) </dev/null >>"$cache/build.log" 2>&1
  fi
  touch "$cache/libraries.stamp"
}

# What makes agents start, and start again after a crash, quickly: the JVM's ahead-of-time cache of what a start needs.
# Without it they start all the same.
rehearse_agent() {
  local archive=$lib/agent.aot
  # Java would take classes from an older one, too.
  [ -e "$archive" ] && [ -z "$(find "$lib" -name '*.jar' -newer "$archive" -print -quit)" ] && return
  say "rehearsing the agent's start ..."
  "$java" "${agent_flags[@]}" -XX:AOTCacheOutput="$archive.new" -cp "$(class_path)" \
    understudy.agent.AgentMain --rehearse >"$cache/rehearsal.log" 2>&1 && mv "$archive.new" "$archive" && return
  rm -f "$archive.new"
  say "  it did not work (see $cache/rehearsal.log); agents will start more slowly"
}

# What makes commands start quickly: an archive of loaded classes, and no second compiler.
run_command() {
  "$java" "${jvm_flags[@]}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+AutoCreateSharedArchive -XX:SharedArchiveFile="$cache/cli.jsa" \
    -Xlog:disable -Dunderstudy.home="$root" -cp "$(class_path)" understudy.distribution.Main "$@"
}

# A volume's server runs for long: all compilers, and no shell in between, so that its process id is this one's.
run_server() {
  exec "$java" "${jvm_flags[@]}" "${server_flags[@]}" -XX:SharedArchiveFile="$cache/cli.jsa" -Xlog:disable \
    -Dunderstudy.home="$root" -cp "$(class_path)" understudy.distribution.Main "$@"
}

# Jars in a fixed order, as the class data archive wants them.
class_path() {
  local jars=("$lib"/*.jar)
  local IFS=:
  printf '%s' "${jars[*]}"
}
