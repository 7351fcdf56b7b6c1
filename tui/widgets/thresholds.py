"""The thresholds that the kubelet really obeys, each with where it is written."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len

from tui.model import Assessment, Setting
from tui.widgets.figures import clock, glyph, lead, short_clock, source
from tui.widgets.lines import Lines
from tui.widgets.text import Line, Span, cut, fit, flush, line, literal, pad, wrap

HIGH, LOW = "imageGCHighThresholdPercent", "imageGCLowThresholdPercent"
ANSWERS = "answers"


class Thresholds(Lines):
    """One row a setting; folded to one line where rows are few."""

    TITLE = "kubelet thresholds"
    DEFAULT_CSS: ClassVar[str] = """
    Thresholds { height: 1fr; min-height: 3; }
    """

    def build(self, width: int, height: int) -> list[Line]:
        """Settings, then whether the running kubelet has read the disk."""
        if self.look is None:
            return []
        assessment = self.look.assessment
        if self.folded:
            return [self._fold(assessment, width)]
        if not assessment.settings:
            reason = literal(assessment.survey.kubelet.config.reason) or "no kubelet found"
            parts = wrap(reason, max(10, width - 5))
            return [line("   ", "— " if i == 0 else "  ", (part, "warn"), key=HIGH) for i, part in enumerate(parts)]
        field = max(cell_len(literal(s.label)) + cell_len(literal(s.value)) + 1 for s in assessment.settings)
        field = min(field, max(27, width // 2))
        places = [cell_len(source(each.fact.origin)) for each in assessment.settings]
        only = _only_file(assessment) if max(places) > width - field - 5 else ""
        rows = [self._setting(assessment, each, field, width, only) for each in assessment.settings]
        named = [Line(fit([("   ", ""), (f"in {only}", "dim")], width))] if only else []
        return [*rows, *named, *_freshness(assessment, width), self._answer(assessment, width)]

    def _answer(self, assessment: Assessment, width: int) -> Line:
        """Whether the kubelet's own answer says the same, or why there is none."""
        differing = len(assessment.contradictions)
        answer = assessment.survey.kubelet.answer
        reason = answer.value.configz.reason if answer.value is not None else answer.reason
        if differing:
            said = f"its own answer differs in {differing} of these", "warn"
        elif answer.value is not None and answer.value.configz.value is not None:
            said = f"its own answer of {clock(answer.value.wall)} is the same", "dim"
        else:
            said = f"its own answer: — {literal(reason)}", "dim"
        return Line(fit([*lead(self.mark(ANSWERS), glyph(assessment, ANSWERS)), said], width), ANSWERS)

    def _setting(self, assessment: Assessment, setting: Setting, field: int, width: int, only: str) -> Line:
        spans = lead(self.mark(setting.key), glyph(assessment, setting.key))
        value = cut(literal(setting.value), field // 2)
        spans.append((pad(literal(setting.label), field - cell_len(value)), ""))
        spans.append((f"{value}  ", "strong"))
        for index, (text, role) in enumerate(_remarks(setting, sign=spans[1][0], width=width, only=only)):
            spans.append(("  " if index else "", ""))
            spans.append((text, role))
        return Line(fit(spans, width), setting.key)

    def _fold(self, assessment: Assessment, width: int) -> Line:
        found = {setting.key: setting for setting in assessment.settings}
        high, low = found.get(HIGH), found.get(LOW)
        start: list[Span] = [*lead(self.mark(HIGH), glyph(assessment, HIGH, LOW)), ("GC    ", "dim")]
        if high is None or not high.fact.known:
            reason = literal(assessment.survey.kubelet.config.reason) or "no kubelet found"
            return Line(fit([*start, ("— ", ""), (reason, "warn")], width), HIGH)
        values = f"{literal(high.value).removesuffix(' %')} → {literal(low.value)}" if low else literal(high.value)
        evictions = [s for s in assessment.settings if s.key not in (HIGH, LOW) and ".available" in s.key]
        others = "".join(f"   {literal(s.label)} {literal(s.value)}" for s in evictions)
        right: list[Span] = [(source(high.fact.origin), "dim"), ("  ⏎ ", "key")]
        return Line(flush([*start, (values, "strong"), (others, "dim")], right, width), HIGH)


def _remarks(setting: Setting, *, sign: str, width: int, only: str) -> list[Span]:
    """What a restart would change, the note (amber if there is a finding), and where the value is written."""
    fact = setting.fact
    remarks: list[Span] = []
    if setting.pending:
        remarks.append((f"⟳ {literal(setting.pending)} after a restart", "warn"))
    if setting.note:
        remarks.append((literal(setting.note), "warn" if sign.strip() else "dim"))
    if not fact.known:
        remarks.append((literal(fact.reason), "warn"))
    elif not (setting.note and fact.value is None):
        remarks.append((source(fact.origin, whole=width >= 90).removeprefix(only), "dim"))
    return remarks


def _only_file(assessment: Assessment) -> str:
    """The name of the one file that all values come from, so that a narrow panel names it once; "" if several."""
    origins = [each.fact.origin for each in assessment.settings if each.fact.origin is not None]
    files = {origin.where for origin in origins if origin.kind == "file"}
    return literal(files.pop().rsplit("/", 1)[-1]) if len(files) == 1 else ""


def _freshness(assessment: Assessment, width: int) -> list[Line]:
    """Whether values on disk wait for a restart."""
    survey = assessment.survey
    lines = []
    for pending in survey.kubelet.pending:
        sure = "not read yet" if pending.sure else "possibly not read yet"
        name = literal(pending.path.rsplit("/", 1)[-1])
        text = f"⟳ {name} changed {short_clock(pending.changed_wall, survey.wall)}, {sure}: restart the kubelet"
        lines.append(Line(fit([("   ", ""), (text, "warn")], width)))
    process = survey.kubelet.process.value
    if process is not None and not lines:
        since = short_clock(process.started_wall, survey.wall)
        lines.append(Line(fit([("   ", ""), (f"⟳ as on disk; running since {since}", "dim")], width)))
    elif process is None:
        reason = wrap(f"kubelet: {literal(survey.kubelet.process.reason)}", max(10, width - 3))
        lines += [line("   ", (part, "dim")) for part in reason]
    return lines
