#!/usr/bin/env bash
# Every test of the project, on a machine that may be fresh: installs what is missing, builds in each way that
# promises the same digests (gcc and clang, optimised, with sanitizers, not optimised at all), tests each build,
# and checks the sources. One step's failure does not hide the next one's.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/setup
. .ci/setup

usage='Usage: ./test.sh [--quick]

Installs the packages that are missing (with apt-get, as root or by sudo) and passes every test.
  --quick    build and test build/release, and nothing else
Exit status: 0 all passed, 1 something failed, 2 wrong usage.'

passed=0
failed=()

# step NAME COMMAND...: runs one step and counts how it ends.
step() {
    local name=$1
    shift
    say "$name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed+=("$name")
    fi
}

# Steps are called where bash ignores `set -e`, hence the chains of &&.

build_and_test() {
    configure "$1" && cmake --build --preset "$1" -- --quiet &&
        ctest --test-dir "build/$1" --no-tests=error --output-on-failure -j "$(nproc)"
}

# Lines of core/ and sim/ that their tests run, in percent at least.
coverage() {
    find build/coverage -name '*.gcda' -delete 2>/dev/null
    build_and_test coverage &&
        covered core 95 && covered sim 85
}

covered() {
    gcovr --root . --object-directory build/coverage --filter "$1/" --exclude '.*/(test|bench)/' \
        --fail-under-line "$2" build/coverage
}

format() {
    find . -path ./build -prune -o \( -name '*.[ch]' -o -name '*.cc' -o -name '*.hh' \) -print0 |
        xargs -0 clang-format --dry-run -Werror
}

# Of the tests, the analyzer would not know that an assertion of cmocka's ends them; of the C++, it complains of ns-3's
# headers.
tidy() {
    local log files="^$PWD/(core|sim|fuzz)/(?!test/|bench/).*\.c\$"
    log=$(run-clang-tidy -quiet -p build/clang "$files" 2>/dev/null) && return
    # Without colours and command lines.
    printf '%s\n' "$log" | sed 's/\x1b\[[0-9;]*m//g' | grep -v '^clang-tidy'
    return 1
}

scripts() {
    find . -path ./build -prune -o -name '*.sh' -print0 |
        xargs -0 shellcheck --external-sources .ci/setup .ci/run
}

# A second or two for each target: enough to notice one that is broken. fuzz/run.sh takes longer ones.
fuzz() {
    local target
    configure fuzz && cmake --build --preset fuzz --target fuzz-targets -- --quiet || return
    for target in fuzz/*.c; do
        target=$(basename -s .c "$target")
        fuzz/run.sh "$target" 1 >build/fuzz/log 2>&1 && continue
        cat build/fuzz/log
        echo "fuzz/run.sh $target: failed"
        return 1
    done
}

digests() {
    sim/test/digests.sh build/release build/clang build/debug build/coverage
}

summary() {
    say 'Summary'
    [ ${#failed[@]} -eq 0 ] || printf 'failed: %s\n' "${failed[@]}"
    printf '%d passed, %d failed\n' "$passed" ${#failed[@]}
    [ ${#failed[@]} -eq 0 ]
}

quick=false
case ${1-} in
'') ;;
--quick) quick=true ;;
-h | --help) printf '%s\n' "$usage" && exit 0 ;;
*) printf '%s\n' "$usage" >&2 && exit 2 ;;
esac

if $quick; then
    install_packages "${test_packages[@]}"
    step 'gcc, optimised' build_and_test release
    summary
    exit
fi

install_packages "${all_packages[@]}"
step 'gcc, optimised' build_and_test release
step 'clang, optimised' build_and_test clang
step 'gcc, AddressSanitizer and UndefinedBehaviorSanitizer' build_and_test debug
step 'gcc, not optimised, with line coverage' coverage
step 'The same digests from all four builds' digests
step 'clang, fuzzing each target for a second' fuzz
step 'clang-format' format
step 'clang-tidy' tidy
step 'shellcheck' scripts
summary
