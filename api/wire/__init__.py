"""The wire: what answers look like, one frozen model a document; jobs as sent are the scheduler's own."""
