from analysis.publish import *


def test_x(reports):
    import time

    t = time.time()
    publish(reports.folder, ["primary"])
    render_notebooks(reports.folder, ["primary"])
    render_index(reports.folder, ["primary"])
    print(time.time() - t)
    import shutil

    shutil.rmtree("/tmp/pubsite", ignore_errors=True)
    shutil.copytree(reports.folder, "/tmp/pubsite")
