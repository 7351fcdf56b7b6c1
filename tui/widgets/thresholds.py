"""The thresholds that the kubelet really obeys, each with where it is written."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len

from tui.model import Assessment, Setting
from tui.widgets.figures import glyph, lead, short_clock, source
from tui.widgets.lines import Lines
from tui.widgets.text import Line, Span, fit, flush, line, literal, middle, pad

HIGH, LOW = "imageGCHighThresholdPercent", "imageGCLowThresholdPercent"


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
            return [line(("  — ", ""), (reason, "warn"), key=HIGH)]
        label = min(22, max(cell_len(literal(each.label)) for each in assessment.settings))
        value = min(14, max(cell_len(literal(each.value)) for each in assessment.settings))
        rows = [self._setting(assessment, each, label, value, width) for each in assessment.settings]
        return [*rows, *_freshness(assessment, width)]

    def _setting(self, assessment: Assessment, setting: Setting, label: int, value: int, width: int) -> Line:
        spans = lead(self.mark(setting.key), glyph(assessment, setting.key))
        spans.append((pad(literal(setting.label), label + 1), ""))
        spans.append((pad(literal(setting.value), value, right=True) + "  ", "strong"))
        fact = setting.fact
        if not fact.known:
            spans.append((literal(fact.reason), "warn"))
        elif fact.origin is not None and not (setting.note and fact.origin.kind == "default"):
            room = width - sum(cell_len(text) for text, _ in spans)
            spans.append((middle(source(fact.origin, whole=width >= 90), room), "dim"))
        if setting.note:
            spans += [("  " if fact.known and spans[-1][1] == "dim" else "", ""), (literal(setting.note), "warn")]
        if setting.pending:
            spans.append((f"  ⟳ {literal(setting.pending)} after a restart", "warn"))
        return Line(fit(spans, width), setting.key)

    def _fold(self, assessment: Assessment, width: int) -> Line:
        found = {setting.key: setting for setting in assessment.settings}
        high, low = found.get(HIGH), found.get(LOW)
        start: list[Span] = [*lead(self.mark(HIGH), glyph(assessment, HIGH, LOW)), ("GC    ", "dim")]
        if high is None:
            reason = literal(assessment.survey.kubelet.config.reason) or "no kubelet found"
            return Line(fit([*start, ("— ", ""), (reason, "warn")], width), HIGH)
        values = f"{literal(high.value).removesuffix(' %')} → {literal(low.value)}" if low else literal(high.value)
        evictions = [s for s in assessment.settings if s.key not in (HIGH, LOW) and ".available" in s.key]
        others = "".join(f"   {literal(s.label)} {literal(s.value)}" for s in evictions)
        right: list[Span] = [(source(high.fact.origin), "dim"), ("  ⏎ ", "key")]
        return Line(flush([*start, (values, "strong"), (others, "dim")], right, width), HIGH)


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
        lines.append(Line(fit([("   ", ""), (f"⟳ as on disk; kubelet running since {since}", "dim")], width)))
    elif process is None:
        lines.append(Line(fit([("   ", ""), (f"kubelet: {literal(survey.kubelet.process.reason)}", "dim")], width)))
    return lines
