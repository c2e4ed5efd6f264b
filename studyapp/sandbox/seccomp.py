"""The system call filter of a jail, as a program in the kernel's classic BPF; see its seccomp_filter page."""

import errno
import platform
from collections.abc import Mapping, Sequence

from studyapp.sandbox.berkeley_filter import (
    Code,
    assemble,
    bitwise_and,
    give_back,
    load_word,
    unless,
    when_any,
    when_bits,
)
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.system_call_arguments import (
    BY_BITS,
    BY_VALUE,
    INTERNET_FAMILIES,
    INTERNET_PROTOCOLS,
    INTERNET_TYPES,
    KERNEL_FAMILIES,
    KERNEL_PROTOCOLS,
    LOCAL_FAMILIES,
    RAW_TYPES,
    SOCKET_CALLS,
    SOCKET_OPTIONS,
    TYPE_BITS,
    ByBits,
    ByValue,
)
from studyapp.sandbox.system_call_policy import ALLOWED, REFUSED
from studyapp.sandbox.system_calls import NUMBERS

ALLOW, FAIL_WITH, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
CALL_NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
NOT_OF_THIS_ABI = 0xC0000000  # x32 sets one of these bits in its numbers
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Processor to its name for a filter, AUDIT_ARCH_…"""


def system_call_filter(machine: str = "") -> bytes:
    """What a learner's program may ask of the kernel, by default for this machine. Raises RunnerUnavailable.

    An array of struct sock_filter, as seccomp(2) and bubblewrap take it. To be applied once and last: it
    refuses mounts, namespaces and further filters to the process that applies it and to all its descendants.
    """
    name = _known_machine(machine)
    numbers = NUMBERS[name]
    decided = [
        instruction
        for call, decision in _decisions().items()
        for instruction in when_any(_known([call], numbers), decision)
    ]
    refused = [
        instruction
        for error, calls in REFUSED.items()
        for instruction in when_any(_known(calls, numbers), _fail(error))
    ]
    return assemble(
        [
            *load_word(ARCHITECTURE),
            # Its numbers mean other calls, and nothing here is made for it: only an attack gets to this.
            *unless(ARCHITECTURES[name], give_back(KILL_PROCESS)),
            *load_word(CALL_NUMBER),
            *decided,
            *when_any(_known(ALLOWED, numbers), give_back(ALLOW)),
            *refused,
            # Calls of the x32 ABI end here too: their numbers have a bit that none above has.
            *_fail(errno.ENOSYS),
        ]
    )


def _known_machine(name: str) -> str:
    name = name or platform.machine()
    if name in ARCHITECTURES:
        return name
    raise RunnerUnavailable(
        f"No system call filter is known for {name}, only for {', '.join(ARCHITECTURES)}."
    )


def _known(calls: Sequence[str], numbers: Mapping[str, int]) -> list[int]:
    """The numbers of those calls that this processor has: newer ones lack what others replaced."""
    return [numbers[call] for call in calls if call in numbers]


def _decisions() -> dict[str, Code]:
    """Call to code that reads its arguments and ends the program, one way or the other."""
    return {
        **{call: _by_value(rule) for call, rule in BY_VALUE.items()},
        **{call: _by_bits(rule) for call, rule in BY_BITS.items()},
        **dict.fromkeys(SOCKET_CALLS, _sockets()),
        "setsockopt": _socket_options(),
    }


def _by_value(rule: ByValue) -> Code:
    code = _argument(rule.place)
    if rule.allowed:
        code += when_any(rule.allowed, give_back(ALLOW))
    for error, values in rule.refused.items():
        code += when_any(values, _fail(error))
    return code + (_fail(rule.otherwise) if rule.otherwise else give_back(ALLOW))


def _by_bits(rule: ByBits) -> Code:
    return [*_argument(rule.place), *when_bits(rule.refused, _fail(rule.error)), *give_back(ALLOW)]


def _sockets() -> Code:
    """Decides by family, type and protocol."""
    return [
        *_argument(0),
        *when_any(LOCAL_FAMILIES, give_back(ALLOW)),
        *when_any(
            KERNEL_FAMILIES,
            [
                *_argument(2),
                *when_any(KERNEL_PROTOCOLS, give_back(ALLOW)),
                *_fail(errno.EAFNOSUPPORT),
            ],
        ),
        *when_any(INTERNET_FAMILIES, _internet_sockets()),
        *_fail(errno.EAFNOSUPPORT),
    ]


def _internet_sockets() -> Code:
    protocols = [
        *_argument(2),
        *when_any(INTERNET_PROTOCOLS, give_back(ALLOW)),
        *_fail(errno.EPROTONOSUPPORT),
    ]
    return [
        *_argument(1),
        *bitwise_and(TYPE_BITS),
        *when_any(INTERNET_TYPES, protocols),
        *when_any(RAW_TYPES, _fail(errno.EPERM)),
        *_fail(errno.ESOCKTNOSUPPORT),
    ]


def _socket_options() -> Code:
    code = _argument(1)
    for level, (error, options) in SOCKET_OPTIONS.items():
        code += when_any([level], [*_argument(2), *when_any(options, _fail(error)), *give_back(ALLOW)])
    return code + give_back(ALLOW)


def _argument(place: int) -> Code:
    """Takes the lower half of an argument, counted from 0; both processors store that half first."""
    return load_word(FIRST_ARGUMENT + 8 * place)


def _fail(error: int) -> Code:
    return give_back(FAIL_WITH | error)
