"""Du, Lee, Li, Wang, Zhai: Gradient Descent Finds Global Minima of Deep Neural Networks. arXiv:1811.03804v4.

One file a group of statements. Letters that all of them share, for H hidden layers of width m:
    x^(0) = x,  x^(h) = sqrt(c_sigma/m) sigma(W^(h) x^(h-1)),  u = f(x) = a.x^(H),  e = y - u,
    W^(h)(0) and a(0) with independent standard normal entries,  c_sigma = 1/E sigma(z)^2,
    |sigma(0)| = s0,  sigma is L-Lipschitz and sigma' beta-Lipschitz (Condition 3.1), and sigma is
    analytic and no polynomial (Condition 3.2). The residual network has, for h >= 2,
    x^(h) = x^(h-1) + (c_res/(H sqrt m)) sigma(W^(h) x^(h-1)).
G^(h) is the Gram matrix of du/dW^(h), K^(0), ..., K^(H) the limits of the features' and of G^(H)'s
Gram matrices, b^(h) the limit mean of the features, lambda_0 = lambda_min(K^(H)).
The paper hides its constants in Omega and O; those used here are derived from its own proofs.
"""  # noqa: E501  the citation is one line
