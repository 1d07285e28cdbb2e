"""VCF and MAF: frequencies by hand, several samples and alleles, what a caller's filter says."""

from __future__ import annotations

import gzip

import pytest

from analysis.data.intake.folder import read_folder

HEADER = """\
##fileformat=VCFv4.3
##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: 'Allele | ...'">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depths">
##FORMAT=<ID=AF,Number=A,Type=Float,Description="Frequency">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\tS2
"""
ANN = "{0}|missense_variant|MODERATE|{1}|{1}|transcript|T|protein_coding|1/1|c.1A>{0}|{2}"


def line(position, alternatives, info, form, *calls, passed="PASS", reference="A"):
    return (
        "\t".join(["3", str(position), ".", reference, alternatives, "50", passed, info, form, *calls]) + "\n"
    )


def rows(sent, text, name="v.vcf"):
    sent.write(name, gzip.compress(text.encode()) if name.endswith(".gz") else text)
    found = read_folder(sent.path)
    assert found.problems == ()
    [table] = found.tables.values()
    columns = ["sample", "gene", "protein_change", "vaf_percent", "filter"]
    return table.cells[columns].to_numpy().tolist(), table


@pytest.mark.parametrize("name", ["v.vcf", "v.vcf.gz"])
def test_a_frequency_is_what_the_caller_says_or_else_the_share_of_reads(sent, name):
    text = HEADER + line(
        1, "G", "ANN=" + ANN.format("G", "PIK3CA", "p.His1047Arg"), "GT:AD:AF", "0/1:95,5:0.06", "0/1:90,10:."
    )
    found, _ = rows(sent, text, name)
    assert found == [
        ["S1", "PIK3CA", "p.H1047R", "6", "PASS"],  # AF, not 5 / 100
        ["S2", "PIK3CA", "p.H1047R", "10", "PASS"],  # 10 / (90 + 10)
    ]


def test_each_allele_of_a_position_has_its_own_gene_change_and_frequency(sent):
    info = "ANN=" + ANN.format("G", "ESR1", "p.Asp538Gly") + "," + ANN.format("T", "ESR1", "p.Asp538Val")
    found, _ = rows(sent, HEADER + line(2, "G,T", info, "GT:AD", "1/2:50,30,20", "0/2:80,0,20"))
    assert found == [
        ["S1", "ESR1", "p.D538G", "30", "PASS"],
        ["S1", "ESR1", "p.D538V", "20", "PASS"],
        ["S2", "ESR1", "p.D538V", "20", "PASS"],
    ]


def test_what_failed_its_filter_keeps_the_filters_name_and_a_call_without_reads_is_noted(sent):
    text = HEADER + line(3, "G", ".", "GT:AD:AF", "0/1:50,50:0.5", "./.:.:.", passed="low_depth")
    found, table = rows(sent, text)
    assert found == [["S1", pytest.approx(float("nan"), nan_ok=True), "3:3 A>G", "50", "low_depth"]]
    assert table.notes[0] == "1 genotypes without AF, AD or AO: not counted as variants"


def test_vep_annotates_insertions_without_the_shared_base_and_picks_one_transcript(sent):
    header = HEADER.replace(
        "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | ...'\">",
        '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. Format: Allele|SYMBOL|HGVSc|HGVSp|PICK">',
    )
    info = "CSQ=GG|WRONG|ENST1:c.1dup|ENSP1:p.Ala1Gly|,GG|TP53|ENST2:c.2dup|ENSP2:p.Arg213Ter|1"
    found, _ = rows(sent, header + line(4, "AGG,C", info, "GT:AD", "0/1:60,40,0", "0/0:100,0,0"))
    assert found == [["S1", "TP53", "p.R213*", "40", "PASS"]]


def test_maf_frequencies_are_alternative_reads_over_all(sent):
    sent.write(
        "m.maf",
        "#version 2.4\nHugo_Symbol\tTumor_Sample_Barcode\tHGVSp_Short\tHGVSc\tt_depth\tt_ref_count\tt_alt_count\n"
        "PIK3CA\tS1\tp.E545K\tENST:c.1633G>A\t200\t190\t10\n"
        "TP53\tS1\t\tENST:c.375+1G>T\t\t30\t10\n",
    )
    [table] = read_folder(sent.path).tables.values()
    assert table.cells[["protein_change", "vaf_percent"]].to_numpy().tolist() == [
        ["p.E545K", "5"],
        ["c.375+1G>T", "25"],
    ]
    assert list(table.cells.index) == [3, 4]
