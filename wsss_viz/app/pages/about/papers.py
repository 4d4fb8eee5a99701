"""The papers behind the methods and measures, and this project, as BibTeX."""

from __future__ import annotations

from wsss_viz.version import __version__

PAPERS = {
    "CAM: Zhou et al., CVPR 2016": """@inproceedings{zhou2016cam,
  title     = {Learning Deep Features for Discriminative Localization},
  author    = {Zhou, Bolei and Khosla, Aditya and Lapedriza, Agata and Oliva, Aude and Torralba, Antonio},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2016}
}""",
    "AE: Wei et al., CVPR 2017": """@inproceedings{wei2017ae,
  title     = {Object Region Mining with Adversarial Erasing: A Simple Classification to Semantic Segmentation
               Approach},
  author    = {Wei, Yunchao and Feng, Jiashi and Liang, Xiaodan and Cheng, Ming-Ming and Zhao, Yao and
               Yan, Shuicheng},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2017}
}""",
    "GAIN: Li et al., CVPR 2018": """@inproceedings{li2018gain,
  title     = {Tell Me Where to Look: Guided Attention Inference Network},
  author    = {Li, Kunpeng and Wu, Ziyan and Peng, Kuan-Chuan and Ernst, Jan and Fu, Yun},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2018}
}""",
    "LayerCAM: Jiang et al., TIP 2021": """@article{jiang2021layercam,
  title   = {LayerCAM: Exploring Hierarchical Class Activation Maps for Localization},
  author  = {Jiang, Peng-Tao and Zhang, Chang-Bin and Hou, Qibin and Cheng, Ming-Ming and Wei, Yunchao},
  journal = {IEEE Transactions on Image Processing},
  year    = {2021}
}""",
    "PSA (AffinityNet): Ahn and Kwak, CVPR 2018": """@inproceedings{ahn2018psa,
  title     = {Learning Pixel-level Semantic Affinity with Image-level Supervision for Weakly Supervised Semantic
               Segmentation},
  author    = {Ahn, Jiwoon and Kwak, Suha},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2018}
}""",
    "IRN: Ahn et al., CVPR 2019": """@inproceedings{ahn2019irn,
  title     = {Weakly Supervised Learning of Instance Segmentation with Inter-pixel Relations},
  author    = {Ahn, Jiwoon and Cho, Sunghyun and Kwak, Suha},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2019}
}""",
    "OC-CSE (CS-AE): Kweon et al., ICCV 2021": """@inproceedings{kweon2021occse,
  title     = {Unlocking the Potential of Ordinary Classifier: Class-specific Adversarial Erasing Framework for
               Weakly Supervised Semantic Segmentation},
  author    = {Kweon, Hyeokjun and Yoon, Sung-Hoon and Kim, Hyeonseong and Park, Daehee and Yoon, Kuk-Jin},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  year      = {2021}
}""",
    "RIB: Lee et al., NeurIPS 2021": """@inproceedings{lee2021rib,
  title     = {Reducing Information Bottleneck for Weakly Supervised Semantic Segmentation},
  author    = {Lee, Jungbeom and Choi, Jooyoung and Mok, Jisoo and Yoon, Sungroh},
  booktitle = {Advances in Neural Information Processing Systems (NeurIPS)},
  year      = {2021}
}""",
    "Information plane: Shwartz-Ziv and Tishby, 2017": """@article{shwartzziv2017opening,
  title   = {Opening the Black Box of Deep Neural Networks via Information},
  author  = {Shwartz-Ziv, Ravid and Tishby, Naftali},
  journal = {arXiv preprint arXiv:1703.00810},
  year    = {2017}
}""",
    "What it shows and what the ruler does: Saxe et al., ICLR 2018": """@inproceedings{saxe2018information,
  title     = {On the Information Bottleneck Theory of Deep Learning},
  author    = {Saxe, Andrew M. and Bansal, Yamini and Dapello, Joel and Advani, Madhu and Kolchinsky, Artemy and
               Tracey, Brendan D. and Cox, David D.},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year      = {2018}
}""",
    "Mixture bounds: Kolchinsky and Tracey, Entropy 2017": """@article{kolchinsky2017mixture,
  title   = {Estimating Mixture Entropy with Pairwise Distances},
  author  = {Kolchinsky, Artemy and Tracey, Brendan D.},
  journal = {Entropy},
  volume  = {19},
  number  = {7},
  year    = {2017}
}""",
    "Neighbour estimator: Kraskov et al., Phys. Rev. E 2004": """@article{kraskov2004estimating,
  title   = {Estimating Mutual Information},
  author  = {Kraskov, Alexander and St{\\"o}gbauer, Harald and Grassberger, Peter},
  journal = {Physical Review E},
  volume  = {69},
  pages   = {066138},
  year    = {2004}
}""",
    "PASCAL VOC: Everingham et al., IJCV 2010": """@article{everingham2010voc,
  title   = {The {PASCAL} Visual Object Classes ({VOC}) Challenge},
  author  = {Everingham, Mark and Van Gool, Luc and Williams, Christopher K. I. and Winn, John and
             Zisserman, Andrew},
  journal = {International Journal of Computer Vision},
  volume  = {88},
  number  = {2},
  pages   = {303--338},
  year    = {2010}
}""",
}

PROJECT = f"""@software{{wsss_viz,
  title   = {{wsss_viz: interactive visual exploration of weakly-supervised semantic segmentation}},
  author  = {{{{wsss_viz contributors}}}},
  version = {{{__version__}}},
  year    = {{2026}},
  license = {{MIT}}
}}"""
