"""How what a theorem asks for, and what given data need, grow with n, 1/lambda_0, 1/delta."""
