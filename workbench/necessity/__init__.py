"""Which premises of a claim are needed: instances that break one of them and no other."""
