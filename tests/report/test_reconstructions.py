from m3ae.report.reconstructions import reconstructions


def test_each_mask_ratio_has_two_rows_and_what_was_measured(run):
    found = reconstructions(run)
    assert [strip.title for strip in found.strips] == ["original", "75% masked", "reconstructed"] and found.num_images == 50
    assert found.strips[2].measured == (("MSE", "0.687"), ("SSIM", "0.441"))
    assert all(strip.picture.startswith("data:image/png;base64,") and strip.description for strip in found.strips)


def test_where_nothing_was_drawn_it_says_why(nothing, run):
    assert reconstructions(nothing).missing == "not drawn: no file of them"
    (run.data / "visualised/reconstructions/measured.json").write_text('{"missing": "it was not trained to"}')
    assert reconstructions(run).missing == "it was not trained to"
