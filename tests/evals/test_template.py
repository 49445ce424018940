"""Templates that a stranger wrote: the known ways out of a Jinja2 sandbox, bombs, and what must still work.

The escapes come from Jinja2's own advisories (str.format CVE-2016-10745 and CVE-2019-10906, the indirect call of
it CVE-2024-56326 and CVE-2025-27516 by |attr, template names CVE-2024-56201) and from the usual collections of
template injections.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.template import MAX_TEMPLATE, Template

VARIABLES: dict[str, Any] = {
    "input": "hi there",
    "choices": ["red", "blue"],
    "letters": ["A", "B"],
    "metadata": {"k": 1, "items": "a column", "deep": {"er": [1, 2.5, None, True]}},
    "n": 5,
    "f": 1.5,
    "rows": [{"a": 1}, {"a": 2}],
}


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        Template(text).render(VARIABLES)
    assert caught.value.message.startswith("the template") and caught.value.remedy
    return caught.value.message


ESCAPES = """
{{ ''.__class__.__mro__[1].__subclasses__() }}
{{ ''['__class__'] }}
{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}
{{ ''["__cla" ~ "ss__"] }}
{{ ()|attr('__class__') }}
{{ input|attr('\\x5f\\x5fclass__') }}
{{ [input]|map(attribute='__class__')|list }}
{{ [input]|map('attr', '__class__')|list }}
{{ [input]|map('map', attribute='upper.__self__')|list }}
{{ [input]|map(attribute='upper.__self__')|list }}
{{ choices|sort(attribute='__class__') }}
{{ [input]|sum(attribute='__class__') }}
{{ choices|max(attribute='__class__') }}
{{ [input]|unique(attribute='__class__')|list }}
{{ [input]|join(attribute='__class__') }}
{{ [input]|selectattr('__class__')|list }}
{{ [input]|groupby('__class__') }}
{{ '{0.__class__}'.format(input) }}
{{ '{0.__class__}'.format_map({'0': input}) }}
{{ '%s'|format(input) }}
{{ ('%s' % input) }}
{% set f = '{0.__class__}'.format %}{{ f(input) }}
{{ ['{0.__class__}']|map('format', input)|list }}
{{ ('{0.__class__}'|attr('format'))(input) }}
{{ '{0.__class__}'['format'](input) }}
{{ cycler.__init__.__globals__.os.popen('id').read() }}
{{ joiner.__init__.__globals__ }}
{{ lipsum.__globals__.os }}
{{ namespace.__init__.__globals__ }}
{{ namespace() }}
{{ dict(a=1) }}
{{ config }}
{{ request.application }}
{{ self }}
{{ self._TemplateReference__context }}
{{ self.__init__.__globals__ }}
{{ self['__init__'] }}
{{ loop }}
{{ context }}
{{ environment }}
{{ resolve('x') }}
{{ caller() }}
{{ super() }}
{{ varargs }}
{{ __builtins__ }}
{{ get_flashed_messages.__globals__ }}
{{ url_for.__globals__ }}
{% for x in [1] %}{{ loop }}{% endfor %}
{% for x in [1] %}{{ loop.__class__ }}{% endfor %}
{% for x in [1] %}{{ loop._iterator }}{% endfor %}
{% for x in [1] %}{{ loop._undefined }}{% endfor %}
{% for x in [1] %}{{ loop.cycle.__func__.__globals__ }}{% endfor %}
{% for x in [1] %}{{ loop.cycle.__self__ }}{% endfor %}
{% for x in [1] %}{{ loop.nextitem.__class__ }}{% endfor %}
{% for x in [1] %}{{ loop([1]) }}{% endfor %}
{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}
{{ range.__class__ }}
{{ range(3).__class__ }}
{{ range(3).index }}
{{ range }}
{{ missing.__class__ }}
{{ missing._fail_with_undefined_error }}
{{ missing._undefined_exception.__init__.__globals__ }}
{{ input.missing.__init__.__globals__ }}
{{ (missing|default('x')).__class__ }}
{{ input() }}
{{ input.upper.__self__ }}
{{ input.upper.__call__() }}
{{ input.upper }}
{{ [input.upper] }}
{{ [input.upper]|string }}
{{ {'a': input.upper}|string }}
{{ 'x' ~ input.upper }}
{{ [input.upper]|join }}
{{ (input.split)(*[' ']) }}
{{ input.split(**{'sep': ' '}) }}
{{ input.encode() }}
{{ input.translate({104: 'x' * 100}) }}
{{ input.maketrans('a', 'b') }}
{{ (1).real }}
{{ (1).to_bytes(9, 'big') }}
{{ f.fromhex('1') }}
{{ f.as_integer_ratio() }}
{{ metadata.__class__ }}
{{ metadata.clear() }}
{{ metadata.update({'a': 1}) }}
{{ metadata.pop('k') }}
{{ metadata.setdefault('z', 1) }}
{{ metadata.keys.__self__ }}
{{ metadata.fromkeys([1]) }}
{{ choices.append('c') }}
{{ choices.sort() }}
{{ choices.__iadd__(['c']) }}
{{ choices.__class__ }}
{% set x.y = 1 %}
{% set ns = namespace(x=1) %}{% set ns.x = 2 %}
{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}
{% call m() %}{% endcall %}
{% include '/etc/passwd' %}
{% include input %}
{% extends '/etc/passwd' %}
{% import 'os' as os %}
{% from 'x' import y %}
{% block x %}{{ self.x() }}{% endblock %}
{% filter upper %}x{% endfilter %}
{% with a = 1 %}{{ a }}{% endwith %}
{% set x %}{{ input }}{% endset %}
{% autoescape true %}{% endautoescape %}
{% do choices.append(1) %}
{% debug %}
{% trans %}x{% endtrans %}
{% break %}
{{ gettext('x') }}
{{ input is callable }}
{{ input is sameas input }}
{{ input is filter }}
{{ input|e }}{{ input|safe }}
{{ input|pprint }}
{{ input|xmlattr }}
{{ input|tojson }}
{{ input|random }}
{{ missing }}
{{ [missing] }}
{{ missing() }}
{{ metadata.missing }}
{{ choices[9] }}
{{ 'a' ~ missing }}
{{ 1 + missing }}
{{ not_closed
{% if x %}
{{ }}
{% for x in %}{% endfor %}
{{ input|trim.__class__ }}
""".strip().splitlines()


@pytest.mark.parametrize("text", ESCAPES)
def test_no_way_out(text: str) -> None:
    said = refusal(text)
    assert "0x" not in said and "<" not in said.replace(text, ""), "an address or an object's repr is told"


def nested(depth: int) -> str:
    """a == b of two lists that fill 40 bytes a level and take 10 to the power of depth comparisons."""
    text = "{% set a = [1] %}{% set b = [1] %}"
    text += "".join(f"{{% set {x} = [{', '.join([x] * 10)}] %}}" for _ in range(depth) for x in "ab")
    return text + "{{ a == b }}"


BOMBS = [
    "{{ 'a' * 999999999 }}",
    "{{ 999999999 * 'a' }}",
    "{{ [0] * 999999999 }}",
    "{{ (0,) * 999999999 }}",
    "{{ ['a' * 10000000] * 20 }}",
    "{{ (['a' * 1000000] * 1000000)|join }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 10 ** 1000 * 10 ** 1000 }}",
    "{{ 2 ** 99999999 }}",
    "{{ 0xff ** 9999999 }}",
    "{{ 1 // 10 ** 2000 }}",
    "{{ ('f' * 800000)|int(base=16) }}",
    "{{ (('f' * 800000)|int(base=16)) // (('f' * 400000)|int(base=16)) }}",
    "{{ 0x" + "f" * 60_000 + " // 3 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%999999999d' is divisibleby(1) }}",
    "{{ n|round(-30000000) }}",
    "{{ n|round(30000000, 'ceil') }}",
    "{{ f|round(99999999, 'floor') }}",
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% for a in range(100000) %}{{ 'x' * 10000 }}{% endfor %}",
    "{% for a in range(99999) %}{{ range(99999)|list|length }}{% endfor %}",
    "{{ range(10 ** 9)|length }}",
    "{{ range(10 ** 30) }}",
    "{% set a = ['x'] * 1000 %}{% set b = [a] * 1000 %}{% set c = [b] * 1000 %}{{ c }}",
    "{% set a = ('x' ~ 'y') * 5000000 %}{{ a ~ a ~ a ~ a }}",
    "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}",
    "{{ ('a' * 1000000)|replace('a', 'b' * 1000000) }}",
    "{{ 'a'.replace('', 'x' * 10000).replace('', 'y' * 10000) }}",
    "{{ ('x' * 1000000).join('y' * 100) }}",
    "{{ ('ab,' * 3000000).split(',') }}",
    "{{ ('ab\n' * 3000000).splitlines() }}",
    "{{ ('a b ' * 4000000)|title }}",
    "{{ ('ab' * 4000000)|list }}",
    "{{ ('ab' * 4000000)|sort }}",
    "{{ ([[1]] * 60000)|sum(start=[]) }}",
    "{{ range(99999)|map('list')|list }}",
    "{{ 'x'.ljust(999999999) }}",
    "{{ 'x'.center(999999999) }}",
    "{{ 'x'.zfill(999999999) }}",
    "{{ '\t'.expandtabs(999999999) }}",
    "{{ input|center(999999999) }}",
    "{{ input|indent(999999999) }}",
    "{{ input|wordwrap(1) }}",
    nested(9),
    "{% set a = [1] %}" + "{% set a = [a] %}" * 3000 + "{{ a }}",
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "-" * 30_000 + "1 }}",
    "{{ " + "1+" * 20_000 + "1 }}",
    "{{ n" + "|abs" * 10_000 + " }}",
    "{{ " + "[" * 5_000 + "]" * 5_000 + " }}",
    "{% if n %}" * 3_000 + "x" + "{% endif %}" * 3_000,
    "{% for i in [1] %}" * 30 + "x" + "{% endfor %}" * 30,
    "x" * (MAX_TEMPLATE + 1),
]

ALARM = """
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (2 ** 30, 2 ** 30))
from fairtrial.core.errors import UsageError
from fairtrial.evals.template import Template
variables, bombs = json.load(sys.stdin)
found = []
for text in bombs:
    started = time.perf_counter()
    try:
        said = "rendered " + Template(text).render(variables)[:40]
    except UsageError as error:
        said = ""
    found.append([said, time.perf_counter() - started])
# Not ru_maxrss: a child that was forked begins with its parent's peak.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([found, int(peak.split()[1])]))
"""


def test_bombs_are_refused_within_seconds_and_megabytes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALARM],
        input=json.dumps([VARIABLES, BOMBS]),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found, peak_kib = json.loads(done.stdout)
    for text, (said, seconds) in zip(BOMBS, found, strict=True):
        assert said == "", f"{text[:80]!r} {said}"
        assert seconds < 4, f"{text[:80]!r} took {seconds:.1f} s"
    assert peak_kib < 400 * 1024


WORKS = [
    ("{{ input }}", "hi there"),
    ("{{ input|upper|trim }}\n", "HI THERE\n"),
    ("{% for c in choices %}{{ letters[loop.index0] }}) {{ c }}{{ ', ' if not loop.last }}{% endfor %}",
     "A) red, B) blue"),
    ("{{ metadata.items }} {{ metadata['k'] + 1 }}", "a column 2"),
    ("{% for k, v in metadata.deep.items() %}{{ k }}={{ v }}{% endfor %}", "er=[1, 2.5, None, True]"),
    ("{{ rows|map(attribute='a')|join('+') }}={{ rows|sum(attribute='a') }}", "1+2=3"),
    ("{{ missing|default('none') }}{{ missing is defined }}", "noneFalse"),
    ("{% set a, b = choices %}{{ b ~ '/' ~ a ~ 1 }}", "blue/red1"),
    ("{{ input.split(' ')|reverse|join(' ') }}", "there hi"),
    ("{{ input[3:] }} {{ input[::-1] }} {{ choices[-1] }}", "there ereht ih blue"),
    ("{% if 'hi' in input and n > 4 %}yes{% elif n is odd %}odd{% else %}no{% endif %}", "yes"),
    ("{{ 7 // 2 }} {{ 7 / 2 }} {{ 7 % 4 }} {{ 2 ** 10 }} {{ 3 - 5 }} {{ f|round }} {{ 2.345|round(2) }}",
     "3 3.5 3 1024 -2 2.0 2.35"),
    ("{{ 2.1|round(0, 'ceil') }}{{ 2.9|round(method='floor') }}{{ 9 is divisibleby(3) }}", "3.02.0True"),
    ("{% set u = input.upper %}{{ u() }}", "HI THERE"),
    ("{{ range(3) }}{{ 'x' ~ range(2) }}", "[0, 1, 2]x[0, 1]"),
    ("{{ input.replace('hi', 'ho', 1) }} {{ ', '.join(choices) }}", "ho there red, blue"),
    ("{# a word #}{% raw %}{{ x }}{% endraw %}{{ '<b>' }}", "{{ x }}<b>"),
    ("{{ choices|length }}{{ choices|first }}{{ [3, 1, 2]|sort|join }}{{ [1, 1]|unique|list }}", "2red123[1]"),
    ("{% for x in [1, 2, 3] if x != 2 %}{{ loop.cycle('a', 'b') }}{{ x }}{% else %}none{% endfor %}", "a1b3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WORKS)
def test_what_a_prompt_needs_works_as_in_jinja(text: str, expected: str) -> None:
    plain = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    if "range(" not in text and "metadata.items" not in text:
        assert plain.from_string(text).render(VARIABLES) == expected
    assert Template(text).render(VARIABLES) == expected


def test_rendering_leaves_the_variables_as_they_were() -> None:
    before = json.dumps(VARIABLES)
    for text in ESCAPES:
        try:
            Template(text).render(VARIABLES)
        except UsageError:
            continue
    assert json.dumps(VARIABLES) == before


def test_an_error_names_the_line_and_what_is_known() -> None:
    assert "line 3: there is no filter 'uper'" in refusal("a\n\n{{ input|uper }}")
    assert "the template, line 2: " in refusal("a\n{{ input")
    with pytest.raises(UsageError) as caught:
        Template("{{ question }}", what="doc_to_text").render(VARIABLES)
    assert caught.value.message == "doc_to_text: 'question' is undefined"
    assert caught.value.remedy.startswith("known here: choices, f, input")


def test_time_is_counted_for_each_rendering() -> None:
    template = Template("{% for a in range(50000) %}{% endfor %}{{ input }}")
    started = time.perf_counter()
    while time.perf_counter() - started < 1.5:
        assert template.render(VARIABLES) == "hi there"


def test_a_filter_of_ours_may_be_added() -> None:
    assert (
        Template("{{ input|twice }}", filters={"twice": lambda text: text * 2}).render({"input": "x"}) == "xx"
    )
    with pytest.raises(UsageError, match="more than 20,000,000"):
        Template("{{ input|big }}", filters={"big": lambda text: text * 30_000_000}).render({"input": "x"})


atoms = st.sampled_from(
    ["input", "n", "f", "choices", "'x y'", "3", "-1", "2.5", "['p', 'q']", "metadata.k", "true"]
)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from(["+", "-", "*", "//", "%", "~", "==", "<", "and", "or", "in"]), inner
        ).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(
            inner, st.sampled_from(["upper", "length", "string", "first", "last", "trim", "title", "abs"])
        ).map("|".join),
        st.tuples(
            inner, st.sampled_from([".upper()", ".split()", "[0]", "[1:]", ".strip('x')", ".title()"])
        ).map("".join),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
    ),
    max_leaves=6,
)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # Python's own, of 3[0]
@settings(deadline=None, max_examples=300)
@given(text=expressions)
def test_what_is_rendered_is_what_jinja_renders(text: str) -> None:
    source = "{{ " + text + " }}"
    try:
        found = Template(source).render(VARIABLES)
    except UsageError:
        return
    plain = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    assert found == plain.from_string(source).render(VARIABLES)


noise = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", "#}", " ", "input", "|", ".", "__class__", "(", ")", "[", "]", "'", "for x in",
     "endfor", "if", "endif", "set x =", "*", "~", "range(3)", "loop", "9", ",", ":", "-", "\n", "attr", "else"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(text=st.lists(noise, max_size=20).map(" ".join))
def test_any_text_is_rendered_or_refused(text: str) -> None:
    try:
        found = Template(text).render(VARIABLES)
    except UsageError as error:
        assert error.message.startswith("the template")
    else:
        assert "<class" not in found and "object at 0x" not in found
