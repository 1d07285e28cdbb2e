from analysis.publish import prepare, render_publication


def test_x(reports):
    prepare(reports.folder, ["primary"])
    import time

    t = time.time()
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    print(time.time() - t)
    import shutil

    shutil.rmtree("/tmp/pubsite", ignore_errors=True)
    shutil.copytree(reports.folder, "/tmp/pubsite")
