from mallorn.summary import summary


def test_means_and_spread_over_repeats(tmp_path):
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "submission.csv").touch()
    (tmp_path / "evaluation" / "scores.csv").write_text(
        "protocol,model,repeat,average_precision,roc_auc,f1,precision,recall,threshold,redshift\n"
        "stratified,lightgbm,1,0.7,0.9,0.6,0.5,0.75,0.3,spectroscopic\n"
        "stratified,lightgbm,2,0.8,0.9,0.7,0.5,0.75,0.3,spectroscopic\n"
        "grouped,lightgbm,1,0.5,0.8,0.4,0.5,0.35,0.3,spectroscopic\n"
        "grouped,lightgbm,1,0.1,0.1,0.1,0.1,0.1,0.3,photometric\n"
    )
    text = summary(tmp_path)
    assert "0.750 +- 0.071" in text  # mean and standard deviation of 0.7 and 0.8, by hand
    assert text.index("stratified") < text.index("grouped") < text.index("0.400")
    assert str(tmp_path / "submission.csv") in text
    assert "probabilities.csv" not in text


def test_nothing_to_say_without_scores(tmp_path):
    assert summary(tmp_path) == ""
