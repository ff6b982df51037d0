"""Networks: layers, and how they are put together. The files in the order in which they build:

initial        the first weights: Xavier, He, orthogonal, or of a plain scale
layers         what a layer is; dense layers, activations, dropout
convolution    images: convolution and pooling
recurrent      sequences: a state that is carried from step to step
gated          LSTM and GRU: the same, with gates that let pass or hold back
network        layers in a row over one flat vector of weights; its loss is a Surface
storing        weights in a file, and back
directions     random directions through the weights, in the network's own scale
inside         what every layer holds and receives: activations, gradients, their norms
"""
