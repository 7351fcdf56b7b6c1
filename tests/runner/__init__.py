"""The runner behind ``tests/run``; standard library only, it makes the environment that everything else needs."""
