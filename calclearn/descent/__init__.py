"""Surfaces, and how to descend them. The files in the order in which they build on one another:

arguments      checks of what comes in at a public door
surfaces       Surface: a function with gradient, Hessian and landmarks; sums, multiples, slices
planes         a path through many weights, projected on the plane that shows most of it
landscapes     the shapes that descent meets, the test functions of the literature, and their table
losses         sse ... cross_entropy; lines, polynomials and logistic fits as surfaces; l1, l2
curvature      what the Hessian says at a point: saddle or minimum, quadratic model, learning rates
penalised      ridge and lasso: the minimum of a quadratic plus a penalty, exactly
optimizers     GradientDescent to Adam, each its equation
schedules      learning rates that change with the step; clipping
second_order   Newton, damped Newton, BFGS, L-BFGS, and the searches along a line
descend        the only loop, with Stop and Descent
races          optimizers that may spend the same number of gradients
basins         the minimum that each start settles in, and the points without slope
"""
