"""Networks: layers, and how they are put together. The files in the order in which they build:

initial      initial weights: Xavier, He, orthogonal, or of a plain scale
layers       what a layer is; dense layers, activations, dropout
blocks       a dense layer with a skip, or with normalised sums
images       convolution and pooling
recurrent    sequences: RNN, LSTM and GRU carry a state from step to step
network      layers in a row over one flat vector of weights; its loss is a Surface
inside       what each layer holds and receives; directions in the network's own scale
"""
