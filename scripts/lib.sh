# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script here shares: where things lie, how to speak, how to stop.
# Source it first; it sets the strict mode.

set -euo pipefail
export LC_ALL=C
umask 022
# Each make here says how many jobs it has: "make -j8 test" would have it warn.
unset MAKEFLAGS MFLAGS MAKELEVEL
# The system's own tools first: what scripts/setup installs is installed for them.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

me=${0##*/}
repo=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$(realpath -m -- "${BUILD_DIR:-$repo/build}")	# everything that can be made again
tree=$build/tree		# git: tag "base", then the series as commits
log_dir=$build/log
jobs=$(nproc)

# The compiler cache (where the user has his) makes every build after the first
# cheap, in other clones too.  Nothing of when or where may get into an object.
export KBUILD_BUILD_TIMESTAMP=@1 KBUILD_BUILD_VERSION=1 KBUILD_BUILD_USER=kdefragd KBUILD_BUILD_HOST=kdefragd

note() { printf '%s: %s\n' "$me" "$*" >&2; }
die() { note "$*"; exit 1; }
usage_error() { note "$* ('$0 --help' tells the usage)"; exit 2; }

# The usage of a script is the comment at its head, below the licence.
usage() { sed -n '3,/^\([^#]\|$\)/{/^#/s/^# \{0,1\}//p}' "$0"; }

have() { command -v "$1" >/dev/null 2>&1; }

# kbuild has no quotes around the paths it works in.
case $build in
*[[:space:]:\'\"\`\\\$\&\;\|\<\>\(\)\*\?\[\#%!]*)
	die "the kernel cannot be built below '$build': choose a path without blanks and characters that a shell knows (BUILD_DIR=/path)" ;;
esac

# What is made lies below $build by names that others use, too, and is removed by
# them: so it is used if it was empty when it was first used, and not else.
build_mark=$build/.kdefragd
if [ -e "$build" ] && [ "$build" != "$repo/build" ] && [ ! -e "$build_mark" ]; then
	[ -d "$build" ] || die "BUILD_DIR=$build is no folder: set it to one of yours"
	[ ! -r "$build" ] || [ -z "$(ls -A "$build")" ] || [ -e "$build/tree/.git/kdefragd-base" ] ||
		die "BUILD_DIR=$build has files in it that were not made here: choose an empty folder"
fi

# Whoever puts something there calls this first.
use_build() {
	{ mkdir -p "$log_dir" && : >>"$build_mark"; } 2>/dev/null ||
		die "cannot write to $build: set BUILD_DIR to a folder of yours, on a disk with room"
}

# step [--whole] NAME USUAL COMMAND...: one long piece of work, with its output
# in a log and a line of progress on the terminal.  Interrupted, it ends with
# all its children; with --whole it is brought to its end first.
step() {
	local whole='' name usual log start=$SECONDS pid last
	[ "$1" != --whole ] || { whole=1; shift; }
	name=$1 usual=$2
	shift 2
	use_build
	log=$log_dir/$name.log
	printf '== %s (usually %s; log: %s)\n' "$name" "$usual" "${log#"$repo"/}" >&2
	# With job control it is a process group of its own, which ^C does not
	# reach by itself, and which can be ended as one.
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	set +m
	if [ -n "$whole" ]; then
		# shellcheck disable=SC2064 # the name of now
		trap "note 'stopping when $name is done, so that nothing is left half done'; whole=stop" INT TERM
	else
		trap 'trap "" INT TERM; kill -- "-$pid" 2>/dev/null; wait "$pid" 2>/dev/null || :; note "stopped; the next run goes on here"; exit 130' INT TERM
	fi
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1 || :	# ^C ends it, too
		(( (SECONDS - start) % 15 == 0 )) || [ -t 2 ] || continue
		last=$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-60)
		if [ -t 2 ]; then
			printf '\r   %4d s  %-60s' $((SECONDS - start)) "$last" >&2
		else
			printf '   %4d s  %s\n' $((SECONDS - start)) "$last" >&2
		fi
	done
	trap - INT TERM
	[ ! -t 2 ] || printf '\r%-72s\r' '' >&2
	if ! wait "$pid"; then
		tail -n 20 "$log" >&2
		die "$name failed; the whole log is $log"
	fi
	printf '   %4d s  done\n' $((SECONDS - start)) >&2
	[ "$whole" != stop ] || exit 130
}

# put FILE... DIR: bring files there, each whole or not at all, if they differ.
put() {
	local dir=${!#} f to
	mkdir -p "$dir"
	for f in "${@:1:$#-1}"; do
		to=$dir/${f##*/}
		! cmp -s "$f" "$to" || continue
		cp "$f" "$to.new" || { rm -f "$to.new"; die "cannot write $to: make room there, and run this again"; }
		mv "$to.new" "$to"
	done
}

# stage TEXT: a heading, "[2/6] ..."; $stages is how many there will be.
stage() {
	at_stage=$((${at_stage:-0} + 1))
	printf '\n[%d/%d] %s\n' "$at_stage" "${stages:-?}" "$*" >&2
}

# need_space MIB WHAT: refuse at the start rather than fail in the middle.
need_space() {
	local free
	use_build
	free=$(df -Pm "$build" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$1" ] ||
		die "$2 needs $1 MiB of disk below $build, $free MiB are free: make room, or set BUILD_DIR to a larger disk"
}

# need_memory MIB WHAT: likewise.
need_memory() {
	local free
	free=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	[ "$free" -ge "$1" ] ||
		die "$2 needs $1 MiB of memory, $free MiB are available: stop something, or ask for less"
}

# need_guest GIB: memory for such a guest, all of it touched, as scripts/boot reckons it.
need_guest() { need_memory $(($1 * 1024 + 300)) "a guest of $1G"; }

# The largest guest of the selftests.
selftest_memory() { need_guest 6; }

# arm_dir ARM: where the kernel of an arm is put.  Exits with 2 on an unknown one.
arm_dir() {
	case $1 in
	stock | series | stock-debug | series-debug | each | unaccepted | arm64-4k | arm64-64k) printf '%s/%s\n' "$build" "$1" ;;
	*) usage_error "unknown arm '$1': stock or series" ;;
	esac
}

# guest_busybox ARM: its shell and tools.
guest_busybox() {
	case $1 in
	arm64-*) printf '%s\n' "$build/arm64-busybox/bin/busybox" ;;
	*) command -v busybox ;;
	esac
}

# kmake SRC OUT TARGETS...: the kernel's make, through the compiler cache.
kmake() {
	local src=$1 out=$2
	shift 2
	make -C "$src" O="$out" -j"$jobs" CC="ccache ${CROSS_COMPILE-}gcc" HOSTCC='ccache gcc' \
		LOCALVERSION= "$@"
}

# configure SRC OUT FRAGMENT...: tinyconfig (or $config_from) plus the fragments, in
# OUT/.config.  Every line of a fragment has to survive.
configure() {
	local src=$1 out=$2 want=$2/.wanted from=${config_from:-tinyconfig} line name
	shift 2
	mkdir -p "$out"
	{ echo "# $from"; cat "$@"; } >"$want.new"
	if ! cmp -s "$want.new" "$want" || [ ! -f "$out/.config" ]; then
		rm -f "$want"
		make -s -C "$src" O="$out" "$from" >/dev/null 2>&1 ||
			die "$from failed in $src"
		cat "$@" >>"$out/.config"
	fi
	make -s -C "$src" O="$out" olddefconfig >/dev/null 2>&1 ||
		die "olddefconfig failed in $src"
	while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF "$line" "$out/.config" ||
				die "the configuration lost '$line': a dependency is missing in $*" ;;
		'# CONFIG_'*' is not set')
			name=${line#\# } name=${name% is not set}
			! grep -q "^$name=" "$out/.config" ||
				die "the configuration switched $name on against $*" ;;
		esac
	done < <(cat "$@")
	mv "$want.new" "$want"
}

# apt_for SUITE ARCHITECTURE COMMAND...: run it with an apt configuration of its
# own for the suite, from the mirror and key in use here; "" is this machine's.
apt_for() {
	local suite=$1 arch=${2:-$(dpkg --print-architecture)} key=/usr/share/keyrings/debian-archive-keyring.gpg
	local dir=$build/apt/$suite${2:+-$2} uri
	shift 2
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	# shellcheck disable=SC2016 # apt-get expands this, not the shell
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep '/debian/*$' | head -n 1)
	[ -n "$uri" ] || return 1
	{
		printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$suite"
		[ ! -f "$key" ] || printf 'Signed-By: %s\n' "$key"
	} >"$dir/one.sources"
	"$@" -o "Dir::Etc::sourcelist=$dir/one.sources" -o Dir::Etc::sourceparts=- \
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir" \
		-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" \
		-o APT::Get::List-Cleanup=0 -o APT::Sandbox::User=root
}

# Does build/tree hold commits or edits that patches/ does not have yet?
unsaved_work() {
	local synced
	synced=$(git -C "$tree" rev-parse -q --verify refs/kdefragd/synced || git -C "$tree" rev-parse base)
	[ "$(git -C "$tree" rev-parse HEAD)" != "$synced" ] ||
		[ -n "$(git -C "$tree" status --porcelain -uno)" ]
}

# The patches in order, from patches/series ("#" starts a comment there).
patch_names() { sed 's/[[:space:]]*#.*//; /^$/d' "$repo/patches/series"; }

series_id() { (cd "$repo/patches" && cat series [0-9]*.patch | sha256sum); }

# What the kernel is made of in which the series is: all that the series changes and
# that gets into the image, but for its KUnit tests, comments and white space.
code_id() {
	local file
	while read -r file; do
		echo "$file"
		case $file in
		*.[ch]) git -C "$tree" show "HEAD:$file" | gcc -fpreprocessed -dD -E -P -x c -w - ;;
		*) git -C "$tree" show "HEAD:$file" ;;
		esac
	done < <(git -C "$tree" diff-tree -r --no-renames --name-only base HEAD -- \
		. ':!Documentation' ':!tools' ':!mm/tests' ':!MAINTAINERS') |
		tr -d '[:space:]' | sha256sum | cut -c 1-12
}

# Files that the series adds, as of a commit of build/tree.
added_files() { git -C "$tree" diff --diff-filter=A --no-renames --name-only base "$1"; }

# write_series DIR: the commits of build/tree as patches.  The cover letter is
# written by hand; nothing in the patches depends on when or where this runs.
write_series() {
	local dir=$1 cover=0000-cover-letter.patch
	find "$dir" -maxdepth 1 -name '[0-9]*.patch' ! -name "$cover" -delete
	git -C "$tree" -c format.signature= -c diff.noprefix=false -c core.abbrev=12 \
		-c diff.renames=false -c diff.algorithm=myers \
		format-patch -q --zero-commit --no-numbered --no-signature \
		-o "$dir" base..HEAD
	(cd "$dir" && find . -maxdepth 1 -name '[0-9]*.patch' ! -name "$cover" -printf '%f\n' | sort) >"$dir/series"
}

# The guest's configuration with those of our options that SRC has already:
# in the middle of the series not all of them exist.
series_config_at() {
	local line symbol
	cat "$repo/scripts/config/guest.config"
	while read -r line; do
		symbol=${line%%=*}
		! grep -rqs --include='Kconfig*' "^config ${symbol#CONFIG_}\$" "$1/mm" "$1/lib" ||
			printf '%s\n' "$line"
	done < <(grep '^CONFIG_' "$repo/scripts/config/series.config")
}

# keep_times COMMAND...: git rewrites files on its way through the series; those
# that end up as they were keep their times, or make would build the world.
keep_times() {
	local before=$build/times.$$ old f status=0
	old=$(git -C "$tree" rev-parse HEAD)
	git -C "$tree" diff -z --name-only base HEAD |
		(cd "$tree" && xargs -0 -r stat -c '%.Y %n' --) >"$before" 2>/dev/null || :
	"$@" || status=$?
	while read -r old_time f; do
		[ ! -f "$tree/$f" ] || ! git -C "$tree" diff --quiet "$old" HEAD -- "$f" ||
			touch -d "@$old_time" "$tree/$f"
	done <"$before"
	rm -f "$before"
	return "$status"
}

# The benchmarks' programs, all or those named, into build/fragbench.
build_fragbench() {
	local headers=$build/selftests/headers programs=$build/fragbench
	make -C "$tree" O="$headers" -j "$jobs" headers
	mkdir -p "$programs"
	make -C "$tree/tools/testing/fragbench" OUTPUT="$programs" -j "$jobs" \
		KHDR_INCLUDES="-isystem $headers/usr/include" "${@/#/$programs/}"
}
