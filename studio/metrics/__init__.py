"""The numbers of a show: tables over its ledger, built by one writer and published as a copy that anybody may read."""
