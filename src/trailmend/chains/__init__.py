"""Chains: several events that mean more together, one module each with its constant `CHAIN`."""
