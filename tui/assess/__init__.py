"""Judgement over a survey: triggers, forecast, findings, explanations. Pure."""
