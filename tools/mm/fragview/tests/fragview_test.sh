#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# fragview_test.sh FRAGVIEW [--update]: test the viewer on the host; print TAP.
#
# What it reads was made in guests: "compacted" is cut from a recording (64 blocks
# of a zone, before, during and after compaction), "stock" and "defragged" are
# whole ones, of a stock kernel that compacts and of kdefragd at work; "demand" is
# a count, "perf" what perf script and "trace" what tracefs printed of the same
# requests.  "odd" is written by hand, in these two formats, of what those had not:
# names with blanks and brackets, threads whose lines mix, idle threads of two CPUs,
# C++, an inlined function, a module's file, raw fields, a period, what was lost.
# --update writes the golden outputs anew: look at their difference.

fragview=$(readlink -f "${1:?the path of fragview is missing}")
update=${2:-}
cd "$(dirname "$0")" || exit
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
export LC_ALL=C TZ=UTC
unset NO_COLOR
number=0 failures=0

result() {	# STATUS NAME
	number=$((number + 1))
	[ "$1" -eq 0 ] || failures=$((failures + 1))
	[ "$1" -eq 0 ] || printf 'not '
	printf 'ok %d fragview: %s\n' "$number" "$2"
}

golden_of() {	# NAME COMMAND...: the output is that of golden-NAME
	local name=$1 status=0
	shift
	"$@" >"$work/whole" 2>&1 || status=$?
	# the HTML without the SVG, which is looked at by itself; escapes readable
	if [ "$name" = html ]; then sed '/^<svg/,/^<\/svg/d'; else cat; fi \
		<"$work/whole" | tr '\033' '^' >"$work/out"
	[ "$update" != --update ] || cp "$work/out" "golden-$name"
	diff -u "golden-$name" "$work/out" >"$work/diff" || status=1
	[ "$status" -eq 0 ] || sed 's/^/# /' "$work/diff"
	result "$status" "$name as it should be"
}

golden() {	# NAME ARGS...: the same of fragview
	golden_of "$1" "$fragview" "${@:2}"
}

fails() {	# STATUS WORD ARGS...: exits so, with one line that has the word
	local want=$1 word=$2 status=0 good=1
	shift 2
	"$fragview" "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq "$want" ] && [ ! -s "$work/out" ] &&
		[ "$(wc -l <"$work/err")" -eq 1 ] && grep -qF -- "$word" "$work/err" && good=0
	[ "$good" -eq 0 ] || sed 's/^/# /' "$work/err"
	result "$good" "exits with $want: $*"
}

# repeat COUNT FLAGS: kpageflags of so many pages, 64 bits each, little-endian
repeat() {
	local i hex value=$2
	printf -v hex '\\x%02x\\x%02x\\x%02x\\x%02x\\x%02x\\0\\0\\0' \
		$((value & 255)) $((value >> 8 & 255)) $((value >> 16 & 255)) \
		$((value >> 24 & 255)) $((value >> 32 & 255))
	for ((i = 0; i < $1; i++)); do printf '%b' "$hex"; done
}

# A machine of five blocks of eight pages, one of them no memory: stock kernel.
machine() {
	local root=$work/machine
	mkdir -p "$root/proc/sys/kernel" "$root/sys/kernel/debug"
	echo '7.3.4-test' >"$root/proc/sys/kernel/osrelease"
	echo '12.34 20.00' >"$root/proc/uptime"
	printf '%s\n' 'Page block order: 3' 'Pages per block:  8' '' \
		'Number of blocks type Unmovable Movable' 'Node 0, zone Normal 1 3' \
		>"$root/proc/pagetypeinfo"
	printf '%s\n' 'Node 0, zone   Normal' '  pages free 13' '        spanned  40' \
		'        present  32' '        managed  31' '    cpu: 0' \
		'              count:    2' '  start_pfn:           0' \
		>"$root/proc/zoneinfo"
	echo 'Node 0, zone   Normal      1      2      0      1' >"$root/proc/buddyinfo"
	printf 'nr_free_pages 13\npgmigrate_success 4\nunrelated 5\n' >"$root/proc/vmstat"
	printf '%s\n' '00000000-0001ffff : System RAM' '00020000-00027fff : PCI hole' \
		>"$root/proc/iomem"
	{
		repeat 8 $((1 << 10))				# free
		repeat 5 $((1 << 12 | 1 << 5)); repeat 3 $((1 << 10))	# anonymous
		repeat 1 $((1 << 7)); repeat 4 $((1 << 5)); repeat 1 0
		repeat 2 $((1 << 10))
		repeat 1 $((1 << 32)); repeat 4 $((1 << 26)); repeat 3 $((1 << 16))
		repeat 8 0					# the hole
	} >"$root/proc/kpageflags"
	printf '%s\n' "$root"
}

trace() {	# what tracefs and perf print of events
	cat <<-'EOF'
	# tracer: nop
	        kdefragd0-45      [001] .....   12.500000: defrag_choice: pfn=512 order=9
	          bash-46         [000] 12.600000: sched:sched_switch: prev=1
	        kdefragd0-45      [001] 12.700000: kdefragd:defrag_outcome: pfn=512 outcome=made
	      kcompactd0    47    [001]    12.800000: compaction:mm_compaction_finished: node=0
	      kcompactd0    47    [001]    12.900000: compaction:mm_compaction_end: status=complete
	EOF
}

pages() { getconf PAGESIZE; }

root=$(machine)
golden terminal report --width 100 --color never compacted
golden colour report --width 100 --color always compacted
golden many-blocks report --width 60 --rows 1 --color never compacted
golden svg report --svg - compacted
golden html report --html - compacted
golden stock report --width 100 --color never stock
golden defragged report --width 100 --color never defragged
# Lanes of the picture end in the number of their events.
"$fragview" report --svg "$work/svg" defragged
in_lanes=$(sed -n 's/^<text .*>defrag_.* (\([0-9]*\))<.*/\1/p' "$work/svg" |
	awk '{ sum += $1 } END { print sum + 0 }')
[ "$in_lanes" -gt 0 ] && [ "$in_lanes" -eq "$(grep -c '^event [0-9.]* defrag_' defragged)" ]
result $? 'the SVG has all of kdefragd'"'"'s decisions'

if [ "$(pages)" -eq 4096 ]; then
	golden recorded record --root "$root"
	trace >"$work/trace"
	golden record-events record --root "$root" --events "$work/trace" --count 2 --interval 0.01
	"$fragview" record --root "$root" --events "$work/trace" \
		--system sched:sched_wakeup,sched:sched_switch | grep '^event' |
		cmp -s - <(echo 'event 12.600000 sched_switch prev=1')
	result $? 'events of --system are taken, and no others'
	"$fragview" record --root "$root" --out "$work/recorded" &&
		cmp golden-recorded "$work/recorded"
	result $? '--out has what else goes to standard output'
	printf '%s\n' '# version 1: one line per page block' \
		'# node zone pfn mobility class free' \
		'0 Normal 0 movable - 8' '0 Normal 8 unmovable transient 3' \
		'0 Normal 16 reclaimable inode 2' '0 Normal 24 unmovable pgtable 0' \
		>"$root/sys/kernel/debug/page_blocks"
	golden record-known record --root "$root"
	golden record-quick record --root "$root" --no-content
	"$fragview" record --root "$root" | sed '1i some noise' >"$work/log"
	golden known report --color never --width 80 "$work/log"
fi

# A page table in a block that is meant for what can move.
sed 's/unmovable pgtable 0/movable - 0/' golden-record-known >"$work/foreign"
"$fragview" report --color never "$work/foreign" | grep -q 'hold them; 1 of these are movable'
result $? 'pages that cannot move are told in a movable block'

# The same curve as mainline's debugfs has: 13 pages free in 1, 2x2 and 1x8.
"$fragview" report --color never - >"$work/out" <golden-recorded &&
	grep -q '^share    0.00  0.08  0.38  0.38' "$work/out"
result $? 'unusable index of 1+2x2+8 pages is 0, 1/13, 5/13, 5/13'

if command -v xmllint >/dev/null; then
	xmllint --noout golden-svg
	result $? 'the SVG is well-formed'
else
	result 0 'the SVG is well-formed # SKIP there is no xmllint'
fi
! grep -Eq '(src|href|url|@import)' <(sed 's/xmlns="[^"]*"//' golden-svg golden-html)
result $? 'the HTML loads nothing'
NO_COLOR=1 "$fragview" report compacted | grep -q $'\033'
[ $? -eq 1 ]
result $? 'no colours without a terminal'

for command in record report demand; do
	"$fragview" "$command" --help >"$work/help" && grep -q '^Units: ' "$work/help" &&
		grep -q '^Privileges: ' "$work/help" && grep -q '^Exit: ' "$work/help"
	result $? "$command --help tells units, privileges and the exit status"
	missing=
	while read -r option; do
		grep -qE "^[^#]*\b$command\b.* $option\b" fragview_test.sh || missing+=" $option"
	done < <(grep -oE '^  --[a-z-]+' "$work/help")
	[ -z "$missing" ]
	result $? "every option of $command is tested here${missing:+, but not$missing}"
done
"$fragview" --help | grep -q 'COMMAND --help'
result $? '--help leads to that of the commands'

fails 2 'no command'
fails 2 'unknown command' paint
fails 2 'no recording' report
fails 2 '--color' report --color perhaps compacted
fails 2 '--rows' report --rows 0 compacted
fails 2 '--width' report --width 39 compacted
fails 2 'wants a value' report --svg
fails 2 'unexpected' report a b c
fails 2 "'-xy'" report -xy compacted
fails 2 'unknown option' record --frequency
fails 2 'unexpected' record "$work/out"
fails 2 '--count' record --count 1.5x
fails 2 '--interval' record --interval 0
fails 2 '--count 2' record --system oom
fails 2 "'--quiet'" demand --quiet
fails 2 'unexpected' demand trace perf
fails 2 '--lines' demand --lines -1 demand
fails 2 '--min-order' demand --min-order 0 demand
fails 2 'stalled' demand --folded=often demand
fails 1 'cannot read' report "$work/nowhere"
fails 1 'cannot read' report "$work"
fails 1 'cannot read' report compacted "$work/nowhere"
fails 1 'cannot write' report --svg "$work/no/where" compacted
fails 1 'cannot write' report --html "$work/no/where" compacted
fails 1 'no snapshot' report fragview_test.sh
fails 1 'no snapshot' report /dev/null
fails 1 'no snapshot' report perf
head -n 40 compacted >"$work/torn"
fails 1 'ends within' report "$work/torn"
sed 's/^block .*/block 0 Normal x/' compacted >"$work/bad"
fails 1 'not a line' report "$work/bad"
sed 's/^snapshot 1/snapshot 2/' compacted >"$work/newer"
fails 1 'version 2' report "$work/newer"
sed 's/^block_order 9/block_order 10/' compacted >"$work/other"
fails 1 'differ' report compacted "$work/other"
fails 1 'leave --zone out' report --zone Movable compacted
fails 1 'cannot read' record --root "$root" --events "$work/nowhere"
fails 1 'cannot write' record --root "$root" --out "$work/no/where"
fails 1 'tracefs' record --root "$root" --count 2 --system oom
! "$fragview" report compacted 2>"$work/err" >/dev/full && grep -q 'incomplete' "$work/err"
result $? 'report tells that its output is incomplete'
! "$fragview" demand perf 2>"$work/err" >/dev/full && grep -q 'incomplete' "$work/err"
result $? 'demand tells that its output is incomplete'
! "$fragview" record --root "$root" --events compacted 2>"$work/err" >/dev/null &&
	grep -q 'no trace events' "$work/err"
result $? 'record --events tells that a file is not a trace'
rm -f "$root/proc/kpageflags" "$root/sys/kernel/debug/page_blocks"
fails 1 'CONFIG_PROC_PAGE_MONITOR' record --root "$root"

golden requests demand --lines 20 demand
golden folded demand --folded demand
golden demand-lines demand --lines 1 demand
golden demand-order demand --min-order 9 demand
all_folded() {	# FILE
	for of in requests failed stalled waited; do
		"$fragview" demand --folded="$of" "$1" | sed "s/^/$of: /"
	done
}
for input in perf trace; do
	golden "$input" demand "$input"
	golden_of "$input-folded" all_folded "$input"
done
golden odd demand odd
golden_of odd-folded all_folded odd
golden trace demand - < <(grep -v '^#' trace)
# That guest's own account: 200 asked for at order 9, 120 came.
grep -q '^    9 unmovable  *200  *80 ' golden-requests
result $? 'requests and failures are those of the guest'
# The messages of that guest, had they been asked for with another mask.
class_follows() {	# CLASS SED
	sed "$2" demand >"$work/mask"
	"$fragview" demand --lines 20 "$work/mask" | grep -q "^    3 $1  *7 "
	result $? "the class follows from the mask: $1 ($2)"
}
class_follows pgtable 's/"__GFP_TRANSIENT"/"__GFP_PGTABLE"/'
class_follows reclaimable 's/gfp_flags: 4052cc0/gfp_flags: 52cd0/'
class_follows movable 's/gfp_flags: 4052cc0/gfp_flags: 52cc8/'
class_follows movable 's/gfp_flags: 4052cc0/gfp_flags: 1c20ca/'
fails 2 '--seconds' demand --seconds 0
fails 2 '--out' demand --out x demand
fails 1 'tracefs' demand --root "$work"
fails 1 'neither counts' demand compacted
fails 1 'cannot read' demand "$work/nowhere"
fails 1 'cannot write' demand --out "$work/no/where"
fails 1 'ends within' demand - < <(head -n 40 demand)

printf '1..%d\n' "$number"
[ "$failures" -eq 0 ]
