"""Surfaces, and the ways down. The files in the order in which they build on one another:

arguments      what is asked of numbers at the door
batches        coordinates come first: one start and many in the same code
surfaces       Surface: a function with gradient, Hessian and landmarks
planes         a path through many weights, seen in the plane that shows most of it
shapes         the shapes that descent meets: curves, bowls, ravines, saddles
catalogue      the test functions of the literature, and the table of all surfaces
curvature      what the Hessian says at a point: saddle or minimum, quadratic model, shrinkage
rates          what a learning rate does near a minimum, read off the Hessian
errors         sse, mse, mae, huber, cross_entropy of predictions and targets
fits           models that are linear in their weights; mini-batches
losses         lines, polynomials and logistic fits as surfaces over their weights; l1, l2
record         Stop and Descent: what a descent leaves behind
penalised      ridge and lasso: the minimum of a quadratic plus a penalty, exactly
optimizers     GradientDescent to Adam, each its equation
schedules      learning rates that change with the step; clipping
line_search    how far to go along a direction
second_order   Newton, damped Newton, BFGS, L-BFGS
stopping       when a start has arrived, is lost, or walks on in vain
descend        the only loop
"""
