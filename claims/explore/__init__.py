"""Questions about a claim beyond its verdict: which constant its data need, which premises."""
