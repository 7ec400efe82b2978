from mallorn.interface.computing import features as features
from mallorn.interface.frames import predict_frame as predict_frame
from mallorn.interface.model import Model as Model
from mallorn.interface.model import load_model as load_model
from mallorn.interface.plotting import plot as plot
from mallorn.interface.reading import read as read
from mallorn.survey.as_of import as_of as as_of
from mallorn.survey.lightcurves import LightCurves as LightCurves

__all__ = ["LightCurves", "Model", "as_of", "features", "load_model", "plot", "predict_frame", "read"]
