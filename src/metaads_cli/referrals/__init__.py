"""From the bytes of a webhook log to referrals: pure, no I/O of its own."""
