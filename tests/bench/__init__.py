"""How long things take, measured side by side in one run: ``python -m tests.bench report|app``."""
