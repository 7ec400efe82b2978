"""What networks share: tensors of the views, layers, augmentation, losses, training. Each encoder is a learner."""
